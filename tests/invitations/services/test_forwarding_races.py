from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from companies.actors import SYSTEM
from invitations.models import Delivery, Invitation
from invitations.services.forwarding import forward_invitation
from invitations.services.invitations import revoke_invitation
from invitations.services.verification.proofs import create_proof
from tests.factories import make_invitation
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)

ANNA = "anna@example.com"


@pytest.fixture
def proof(jobs):
    others = [f"person{number}@example.com" for number in range(98)]
    invitation = make_invitation(allowed_emails=[ANNA, *others])
    Invitation.objects.update(allows_forwarding=True)
    return create_proof(invitation, ANNA, by="code")[0]


def kinds(results):
    return Counter(type(result).__name__ for result in results)


def test_forwards_at_the_limit_are_not_exceeded(proof):
    results = race(3, lambda n: forward_invitation(proof.invitation, proof=proof, to=f"new{n}@example.com"))
    assert kinds(results) == {"NoneType": 1, "ForwardingUsedUp": 2}
    assert len(Invitation.objects.get().allowed_emails) == 100
    assert Delivery.objects.count() == 1


def test_same_forward_at_once_mails_once(proof):
    results = race(3, lambda _: forward_invitation(proof.invitation, proof=proof, to="new@example.com"))
    assert kinds(results) == {"NoneType": 3}
    assert proof.invitation.events.filter(type="FORWARDED").count() == 1
    assert Delivery.objects.get().round == 1


def test_forward_waits_for_a_revoke(proof):
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            revoke_invitation(proof.invitation, by=SYSTEM)
            forwarder = threads.submit(
                race, 1, lambda _: forward_invitation(proof.invitation, proof=proof, to="new@example.com")
            )
            wait_for_a_lock()
        assert kinds(forwarder.result()) == {"InvitationRevoked": 1}
    assert not Delivery.objects.exists()
