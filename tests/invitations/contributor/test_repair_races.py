"""A status that is reported while a form is posted applies to that form."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from django.test import Client

from companies.actors import SYSTEM
from connections.models.status import Status
from invitations.services.invitations import create_repair_invitation
from tests.factories import make_connection
from tests.invitations.answers import page
from tests.invitations.repairs import NEW, found, login, opened, read
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)

STORED = {"username": "someone", "password": "something", "authenticator_seed": "OLDKEY"}


def test_repair_asks_for_key_expired_meanwhile():
    connection = make_connection(credentials=STORED)
    invitation = create_repair_invitation(connection, by=SYSTEM)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            found(connection, Status.MFA_TOKEN_EXPIRED)
            posted = threads.submit(race, 1, lambda _: Client().post(page(invitation, "connect"), login()))
            wait_for_a_lock()
        (answer,) = posted.result()

    content = read(answer)
    assert "The provider asks for this again: Authenticator key." in content
    assert "OLDKEY" not in content
    assert NEW not in content
    assert opened(connection) == STORED
    invitation.refresh_from_db()
    assert invitation.use_count == 0
