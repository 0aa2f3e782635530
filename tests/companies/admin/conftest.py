"""Who looks, and for whom."""

import pytest
from django.contrib.auth.models import Group

from companies.groups import fill_groups
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
def groups(db):
    """The groups of the migration, by name: a test that empties all tables takes them away."""
    fill_groups()
    return {group.name: group for group in Group.objects.all()}
