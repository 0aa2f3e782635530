from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from config.exceptions import DomainError
from invitations.models import Invitation, LinkRequest
from invitations.services.bulk_changes import resend_invitations
from invitations.services.delivery.send import resend_invitation
from invitations.services.invitations import update_invitation
from invitations.services.link_requests.ask import request_link
from invitations.services.link_requests.decide import approve_link_request, refuse_link_request
from invitations.services.personal_data import erase_personal_data
from invitations.services.simulation import advance
from tests.clock import stopped_at
from tests.factories import CompanyFactory, UserFactory, make_invitation
from tests.invitations.repairs import fulfil, revoke

pytestmark = pytest.mark.django_db

ANNA, BEN = "anna@example.com", "ben@example.com"
LIFE = timedelta(days=14)


def asked(*, by=None, life=LIFE, **fields):
    """Invitation that expired a day ago, and whose contributors asked, by the mail to `by` or its own link."""
    with stopped_at(timezone.now() - life - timedelta(days=1)):
        invitation = make_invitation(expires_in=life, **fields)
    request_link(invitation, delivery=by and invitation.deliveries.get(email=by))
    return invitation


def decision_of(invitation):
    return list(LinkRequest.objects.filter(invitation=invitation).order_by("pk").values_list("decision", flat=True))


def left(invitation):
    return Invitation.objects.get(pk=invitation.pk).expires_at - timezone.now()


def refusal_of(act, invitation):
    try:
        act(invitation, by=SYSTEM)
    except DomainError as error:
        return error.code
    return None


def test_approval_renews_and_mails_the_asker(jobs):
    staff, mails = UserFactory(), {"allowed_emails": [ANNA, BEN], "send_email": True}
    invitation = asked(by=ANNA, **mails)
    token, before = invitation.token, jobs.names.count("send_invitation")

    approved = approve_link_request(invitation, by=Actor.staff(staff))

    assert abs(left(invitation) - LIFE) < timedelta(minutes=1)
    assert approved.token == token
    assert {each.email: each.round for each in invitation.deliveries.all()} == {ANNA: 2, BEN: 1}
    assert jobs.names.count("send_invitation") == before + 1
    (request,) = LinkRequest.objects.all()
    assert (request.decision, request.decided_by) == ("APPROVED", staff)


def test_request_by_own_link_mails_all():
    restricted = asked(allowed_emails=[ANNA, BEN], send_email=True)
    anyone = asked()
    for invitation in (restricted, anyone):
        approve_link_request(invitation, by=SYSTEM)
    assert {each.email: each.round for each in restricted.deliveries.all()} == {ANNA: 2, BEN: 2}
    assert not anyone.deliveries.exists()
    assert left(anyone) > timedelta(days=13)


def test_new_life_is_the_last_one():
    extended, short = asked(company=CompanyFactory(is_live=False)), asked(life=timedelta(hours=1))
    update_invitation(extended, by=SYSTEM, expires_in=timedelta(days=2))
    advance(extended, by=timedelta(days=5))
    request_link(extended)
    for invitation in (extended, short):
        approve_link_request(invitation, by=SYSTEM)
    assert abs(left(extended) - timedelta(days=2)) < timedelta(minutes=1)
    assert abs(left(short) - timedelta(days=1)) < timedelta(minutes=1)


def test_erased_asker_is_not_mailed():
    invitation = asked(by=ANNA, allowed_emails=[ANNA, BEN], send_email=True)
    erase_personal_data(ANNA, by=SYSTEM)
    approve_link_request(invitation, by=SYSTEM)
    assert set(invitation.deliveries.values_list("round", flat=True)) == {1}


def test_active_invitation_is_only_mailed_again():
    invitation = make_invitation(allowed_emails=[ANNA], send_email=True)
    request_link(invitation)
    approve_link_request(invitation, by=SYSTEM)
    assert Invitation.objects.get(pk=invitation.pk).expires_at is None
    assert invitation.deliveries.get().round == 2


def test_ended_invitation_cannot_be_approved():
    revoked, used, decided = asked(), asked(), asked()
    revoke(revoked)
    fulfil(used)
    refuse_link_request(decided, by=SYSTEM)
    assert {
        "revoked": refusal_of(approve_link_request, revoked),
        "used": refusal_of(approve_link_request, used),
        "refused": refusal_of(approve_link_request, decided),
        "refused twice": refusal_of(refuse_link_request, decided),
    } == {
        "revoked": "INVITATION_REVOKED",
        "used": "INVITATION_FULFILLED",
        "refused": "LINK_REQUEST_DECIDED",
        "refused twice": "LINK_REQUEST_DECIDED",
    }
    assert decision_of(revoked) == [None]


def test_partner_changes_answer_requests():
    mails = {"allowed_emails": [ANNA, BEN], "send_email": True}
    extended, removed = asked(), asked(by=ANNA, **mails)
    mailed, other = make_invitation(**mails), make_invitation(**mails)
    update_invitation(removed, by=SYSTEM, allowed_emails=[BEN])
    update_invitation(extended, by=SYSTEM, expires_in=LIFE)
    for invitation in (mailed, other):
        request_link(invitation, delivery=invitation.deliveries.get(email=ANNA))
    update_invitation(other, by=SYSTEM, expires_in=LIFE)
    resend_invitation(other, by=SYSTEM, emails=[BEN])
    resend_invitations(mailed.company, [mailed.pk], by=SYSTEM)
    rows = {"extended": extended, "removed": removed, "mailed": mailed, "another mailed": other}
    assert {name: decision_of(each) for name, each in rows.items()} == {
        "extended": ["APPROVED"],
        "removed": ["REFUSED"],
        "mailed": ["APPROVED"],
        "another mailed": [None],
    }
