"""Who looks, and for whom."""

import pytest

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
