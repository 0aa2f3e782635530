import threading

import pytest
from django.db import transaction

from companies.actors import SYSTEM
from connections.exceptions import CredentialsDeleted
from connections.models import Connection
from connections.services.credentials import read_credentials
from invitations.exceptions import NothingToCorrect
from invitations.models import InvitationEvent
from invitations.services.consent import withdraw_consent
from invitations.services.repairs import correct_credentials
from tests.factories import make_invitation
from tests.invitations.api.uses import spend_use
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


def test_withdrawals_at_once_end_it_once():
    use = spend_use(make_invitation()).use

    assert race(4, lambda index: withdraw_consent(use)) == [None] * 4
    assert InvitationEvent.objects.filter(type="WITHDRAWN").count() == 1


def test_waiting_reader_gets_no_withdrawn_login():
    connection, is_withdrawing = spend_use(make_invitation()), threading.Event()

    def act(index):
        if index:
            is_withdrawing.wait()
            return read_credentials(connection, by=SYSTEM)
        with transaction.atomic():
            withdraw_consent(connection.use)
            is_withdrawing.set()
            wait_for_a_lock()
        return None

    results = race(2, act)

    assert isinstance(results[1], CredentialsDeleted)
    assert not connection.events.filter(type="CREDENTIALS_READ").exists()


def test_correction_never_outlives_a_withdrawal():
    for _ in range(5):
        connection = spend_use(make_invitation())
        new = {"username": "someone else", "password": "n3w"}

        def act(index, connection=connection, new=new):
            if index:
                return withdraw_consent(connection.use)
            return correct_credentials(connection.use.invitation, connection, credentials=new, version=1)

        results = race(2, act)

        assert results[1] is None
        assert isinstance(results[0], Connection | NothingToCorrect)
        connection = Connection.objects.get(pk=connection.pk)
        assert (connection.status, connection.credential.is_deleted) == ("DISABLED", True)
