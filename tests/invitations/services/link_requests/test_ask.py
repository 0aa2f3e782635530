from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from companies.models import PartnerEvent, StoredMail
from config.exceptions import DomainError
from invitations.models import Invitation, LinkRequest
from invitations.services.delivery.notices import find_inviter, send_notice
from invitations.services.invitations import update_invitation
from invitations.services.link_requests.ask import request_link
from invitations.services.link_requests.decide import refuse_link_request
from tests.clock import stopped_at
from tests.factories import CompanyFactory, UserFactory, make_invitation
from tests.invitations.repairs import expire, fulfil, revoke

pytestmark = pytest.mark.django_db

ANNA, BEN = "anna@example.com", "ben@example.com"


def expired(**fields):
    invitation = make_invitation(**fields)
    expire(invitation)
    return Invitation.objects.get(pk=invitation.pk)


def refusal_of(invitation, **how):
    try:
        request_link(Invitation.objects.get(pk=invitation.pk), **how)
    except DomainError as error:
        return error.code
    return None


def test_request_is_logged_published_and_mailed_once(jobs):
    staff = UserFactory()
    invitation = expired(allowed_emails=[ANNA, BEN], send_email=True, by=Actor.staff(staff))
    anna, ben = invitation.deliveries.order_by("pk")

    for delivery in (anna, anna, None, None, ben):
        request_link(invitation, delivery=delivery)

    events = list(invitation.events.filter(type="LINK_REQUESTED").order_by("pk").values_list("email", "actor"))
    assert events == [(ANNA, "CONTRIBUTOR"), (None, "CONTRIBUTOR"), (BEN, "CONTRIBUTOR")]
    assert PartnerEvent.objects.filter(type="invitation.link_requested").count() == 3
    assert LinkRequest.objects.undecided().count() == 3
    assert jobs.names.count("send_notice") == 1


def test_notice_reaches_the_inviter(mailoutbox):
    company = CompanyFactory(reply_to="office@example.com")
    staff = UserFactory()
    invitation = expired(company=company, allowed_emails=[ANNA], send_email=True, by=Actor.staff(staff))
    request_link(invitation, delivery=invitation.deliveries.get())
    send_notice(invitation.events.get(type="LINK_REQUESTED").pk)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([staff.email], f"A new link for {company.name} was asked for")
    assert f"/admin/invitations/invitation/{invitation.pk}/change/" in mail.body
    assert ANNA in mail.body
    assert invitation.token not in mail.body


def test_notice_of_test_mode_is_stored():
    company = CompanyFactory(is_live=False, reply_to="office@example.com")
    request_link(expired(company=company))
    assert StoredMail.objects.get().email == "office@example.com"


def test_inviter_who_left_is_replaced():
    company = CompanyFactory(reply_to="office@example.com")
    gone, limited = UserFactory(is_active=False), UserFactory(is_superuser=False, is_limited=True)
    makers = {"gone": Actor.staff(gone), "of another company": Actor.staff(limited), "program": SYSTEM}
    found = {name: find_inviter(make_invitation(company, by=by)) for name, by in makers.items()}
    assert found == dict.fromkeys(makers, "office@example.com")
    assert find_inviter(make_invitation()) is None


def test_refused_request_may_be_repeated_tomorrow(jobs):
    invitation = expired()
    first = request_link(invitation)
    refuse_link_request(invitation, by=SYSTEM)
    assert request_link(invitation).pk == first.pk
    with stopped_at(timezone.now() + timedelta(days=1, seconds=1)):
        assert request_link(invitation).pk != first.pk
    assert jobs.names.count("send_notice") == 0  # no inviter


def test_invitation_that_cannot_be_renewed_is_refused():
    paused = expired()
    paused.company.is_active = False
    paused.company.save()
    revoked, used, active = (make_invitation() for _ in range(3))
    revoke(revoked)
    fulfil(used)
    restricted = make_invitation(allowed_emails=[ANNA])
    removed = make_invitation(allowed_emails=[ANNA, BEN], send_email=True)
    update_invitation(removed, by=SYSTEM, allowed_emails=[BEN])
    assert {
        "paused": refusal_of(paused),
        "revoked": refusal_of(revoked),
        "used": refusal_of(used),
        "open": refusal_of(active),
        "restricted": refusal_of(restricted),
        "removed": refusal_of(removed, delivery=removed.deliveries.get(email=ANNA)),
    } == {
        "paused": "COMPANY_INACTIVE",
        "revoked": "INVITATION_REVOKED",
        "used": "INVITATION_FULFILLED",
        "open": "LINK_WORKS",
        "restricted": None,
        "removed": "LINK_OF_REMOVED_ADDRESS",
    }
