"""Who looks."""

import pytest

from tests.factories import UserFactory


@pytest.fixture
def staff(db):
    return UserFactory(name="Mary Okafor")


@pytest.fixture
def admin_client(client, staff):
    client.force_login(staff)
    return client
