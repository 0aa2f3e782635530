"""The choice between primary and replica. tests/operations/test_replica.py has a real replica."""

import pytest
from django.contrib.auth.models import Permission
from django.db import DEFAULT_DB_ALIAS, transaction

from config.db import replica
from config.db.replica import REPLICA, Router, reading_alias
from invitations.models import Invitation


@pytest.fixture
def reading():
    token = replica._is_reading.set(True)
    yield
    replica._is_reading.reset(token)


def test_read_is_answered_by_the_primary():
    assert Router().db_for_read(Invitation) == DEFAULT_DB_ALIAS


@pytest.mark.django_db(transaction=True)
def test_declared_read_is_answered_by_the_replica(reading):
    assert Router().db_for_read(Invitation) == REPLICA


@pytest.mark.django_db(transaction=True)
def test_read_in_a_transaction_asks_the_primary(reading):
    with transaction.atomic():
        assert reading_alias() == DEFAULT_DB_ALIAS


@pytest.mark.django_db(transaction=True)
def test_permissions_are_read_from_the_primary(reading):
    assert Router().db_for_read(Permission) == DEFAULT_DB_ALIAS


def test_writes_and_migrations_use_the_primary(reading):
    router = Router()

    assert router.db_for_write(Invitation) == DEFAULT_DB_ALIAS
    assert router.allow_migrate(DEFAULT_DB_ALIAS, "invitations")
    assert not router.allow_migrate(REPLICA, "invitations")
