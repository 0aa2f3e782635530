import pytest
from django.contrib.auth.models import Group

from tests.companies.authenticators import set_up
from tests.companies.second_factor.pages import PASSWORD
from tests.factories import PartnerFactory, UserFactory


@pytest.fixture
def admin_client(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def staff(db):
    return UserFactory(name="Mary Okafor")


@pytest.fixture
def partner(db):
    return PartnerFactory(name="Northwind")


@pytest.fixture
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def mary(db, quick_passwords):
    return UserFactory(email="mary@example.com", password=PASSWORD)


@pytest.fixture
def factor(mary):
    """The second factor of `mary`."""
    return set_up(mary)[0]


@pytest.fixture
def groups(db):
    """The groups that a migration makes, by name."""
    return {group.name: group for group in Group.objects.all()}


@pytest.fixture
def staff_of(groups):
    """Create a member of staff in the named groups."""

    def create(*names, **fields):
        user = UserFactory(is_superuser=False, **fields)
        user.groups.set(groups[name] for name in names)
        return user

    return create
