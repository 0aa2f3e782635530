from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from companies.actors import SYSTEM
from invitations.exceptions import InvitationRevoked, LinkRequestDecided
from invitations.models import Invitation, LinkRequest
from invitations.services.invitations import revoke_invitation
from invitations.services.link_requests.ask import request_link
from invitations.services.link_requests.decide import approve_link_request, refuse_link_request
from tests.factories import make_invitation
from tests.invitations.repairs import expire
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invitation(jobs):
    invitation = make_invitation(allowed_emails=["anna@example.com"], send_email=True)
    expire(invitation)
    return Invitation.objects.get(pk=invitation.pk)


def kinds(results):
    return Counter(type(result).__name__ for result in results)


def test_requests_at_once_are_one(invitation):
    results = race(4, lambda _: request_link(invitation))
    assert kinds(results) == {"LinkRequest": 4}
    assert LinkRequest.objects.count() == invitation.events.filter(type="LINK_REQUESTED").count() == 1


def test_only_one_decision_holds(invitation):
    request_link(invitation)
    decide = [approve_link_request, approve_link_request, refuse_link_request]
    results = race(3, lambda number: decide[number](invitation, by=SYSTEM))
    assert kinds(results) == {"Invitation": 1, LinkRequestDecided.__name__: 2}
    is_approved = LinkRequest.objects.get().decision == "APPROVED"
    assert invitation.deliveries.get().round == 1 + is_approved
    assert invitation.events.filter(type="UPDATED").count() == is_approved


def test_approval_waits_for_a_revoke(invitation):
    request_link(invitation)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            revoke_invitation(invitation, by=SYSTEM)
            approver = threads.submit(race, 1, lambda _: approve_link_request(invitation, by=SYSTEM))
            wait_for_a_lock()
        assert kinds(approver.result()) == {InvitationRevoked.__name__: 1}
    assert invitation.deliveries.get().round == 1
