"""A mail that leaves while its invitation is mailed again."""

import threading

import pytest
from django.db import connection, transaction

from companies.actors import SYSTEM
from invitations.models import Delivery, EventType
from invitations.services.delivery.send import resend_invitation
from invitations.services.events import log_event
from tests.invitations.services.delivery.mails import ANNA, mailed
from tests.races import wait_for_a_lock


@pytest.mark.django_db(transaction=True)
def test_resend_and_leaving_mail_never_deadlock():
    invitation = mailed(ANNA)
    errors = []

    def resend():
        try:
            resend_invitation(invitation, by=SYSTEM)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    resending = threading.Thread(target=resend)
    # as the worker after the mail server took the mail: the check of the event's foreign key waits for the commit
    with transaction.atomic():
        Delivery.objects.update(attempts=1)
        log_event(invitation, EventType.SENT, by=SYSTEM, email=ANNA)
        resending.start()
        wait_for_a_lock()
    resending.join()

    assert errors == []
    assert Delivery.objects.get().round == 2
