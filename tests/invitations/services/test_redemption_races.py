from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from companies.actors import SYSTEM
from companies.services.companies import update_company
from connections.models import Connection, Credential
from invitations.exceptions import ConnectedBefore, InvitationFulfilled, InvitationPaused, InvitationRevoked
from invitations.models import Invitation, InvitationEvent, Use
from invitations.services.invitations import revoke_invitation
from invitations.services.redemption import Account, redeem_invitation
from tests.factories import make_invitation
from tests.invitations.answers import PROVIDER_URL, answers, page
from tests.invitations.consents import CONSENT
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNT = Account(url=PROVIDER_URL)


def redeem(invitation, form_id=None, **credentials):
    given = {"username": "riverside", "password": "secret"} | credentials
    return redeem_invitation(
        invitation, form_id=form_id or uuid4(), account=ACCOUNT, credentials=given, consent=CONSENT
    )


def redeem_another(invitation, number):
    return redeem(invitation, username=f"user {number}")


def kinds(results):
    """Count results by kind; unexpected exceptions by their text."""
    kind = {
        Connection: "connected",
        InvitationFulfilled: "used up",
        InvitationRevoked: "revoked",
        ConnectedBefore: "asked first",
    }
    return Counter(kind.get(type(result), repr(result)) for result in results)


def stored(invitation):
    """Number of connections, counted in every way."""
    invitation.refresh_from_db()
    used = InvitationEvent.objects.filter(invitation=invitation, type="USED").count()
    return {invitation.use_count, used, *(model.objects.count() for model in (Connection, Credential, Use))}


def test_fifty_at_once_spend_seven_uses():
    invitation = make_invitation(max_uses=7)
    results = race(50, lambda number: redeem_another(invitation, number))
    assert kinds(results) == {"connected": 7, "used up": 43}
    assert stored(invitation) == {7}
    assert InvitationEvent.objects.filter(type="FULFILLED").count() == 1


def test_fifty_pages_at_once_spend_seven_uses():
    invitation = make_invitation(max_uses=7)
    path = page(invitation, "connect")
    responses = race(50, lambda number: Client().post(path, answers(username=f"user {number}")).status_code)
    assert Counter(responses) == {302: 7, 410: 43}
    assert stored(invitation) == {7}


def test_twenty_clicks_make_one_connection():
    invitation = make_invitation(max_uses=7)
    form_id = uuid4()
    results = race(20, lambda _: redeem(invitation, form_id))
    assert kinds(results) == {"connected": 20}
    assert len({each.pk for each in results}) == 1
    assert stored(invitation) == {1}


def test_same_account_at_once_connects_once():
    invitation = make_invitation()
    results = race(5, lambda _: redeem(invitation))
    assert kinds(results) == {"connected": 1, "asked first": 4}
    assert stored(invitation) == {1}


def test_twenty_clicks_all_lead_to_done():
    invitation = make_invitation(max_uses=1)
    path, form = page(invitation, "connect"), answers()
    responses = race(20, lambda _: Client().post(path, form).status_code)
    assert Counter(responses) == {302: 20}
    assert stored(invitation) == {1}


def test_revoke_among_submissions_ends_them():
    for _ in range(5):
        invitation = make_invitation()
        seen_by_revoker = []

        def act(index, invitation=invitation, seen=seen_by_revoker):
            if index != 10:
                return redeem_another(invitation, index)
            revoke_invitation(invitation, by=SYSTEM)
            seen.append(Use.objects.filter(invitation=invitation).count())
            return None

        results = race(30, act)
        connected = kinds(results)["connected"]
        assert set(kinds(results)) <= {"connected", "revoked", "None"}
        # no use is added after the revocation was committed
        assert [Use.objects.filter(invitation=invitation).count()] == seen_by_revoker == [connected]


def test_submission_waits_for_a_revoke():
    invitation = make_invitation()
    opened = Invitation.objects.select_related("company").get()
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            revoke_invitation(invitation, by=SYSTEM)
            submission = threads.submit(race, 1, lambda _: redeem(opened))
            wait_for_a_lock()
        results = submission.result()
    assert kinds(results) == {"revoked": 1}
    assert not Connection.objects.exists()


def test_submission_waits_for_a_company():
    invitation = make_invitation()
    opened = Invitation.objects.select_related("company").get()
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            update_company(invitation.company, is_active=False)
            submission = threads.submit(race, 1, lambda _: redeem(opened))
            wait_for_a_lock()
        results = submission.result()
    assert [type(result) for result in results] == [InvitationPaused]
    assert not Connection.objects.exists()


def test_revoke_waits_for_a_submission():
    invitation, order = make_invitation(), []

    def revoke(_):
        revoke_invitation(invitation, by=SYSTEM)
        order.append("revoked")

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            redeem(invitation)
            revoker = threads.submit(race, 1, revoke)
            wait_for_a_lock()
            order.append("connected")
        revoker.result()
    assert order == ["connected", "revoked"]
    assert [event.type for event in invitation.events.order_by("pk")] == ["CREATED", "USED", "REVOKED"]
