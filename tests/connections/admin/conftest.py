"""A member of staff who may do everything."""

import pytest

from tests.factories import UserFactory


@pytest.fixture
def admin_client(client, db):
    client.force_login(UserFactory())
    return client
