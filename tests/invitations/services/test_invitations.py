from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from companies.models import Company
from config.exceptions import InvalidField
from invitations.exceptions import InvitationExpired, InvitationFulfilled, InvitationRevoked
from invitations.models import EventType, Invitation
from invitations.models.prefill import Prefill
from invitations.models.status import Status
from invitations.services.guards import ensure_active
from invitations.services.invitations import create_invitation, draft_invitation, record_view, revoke_invitation
from tests.clock import stopped_at
from tests.factories import PartnerFactory, SiteFactory, UserFactory, make_api_key, make_invitation

CREDENTIALS = {"username": "someone", "password": "something only they know"}


def log_of(invitation: Invitation) -> list[str]:
    return [event.type for event in invitation.events.order_by("pk")]


def test_create_without_terms_is_unlimited(company):
    invitation = create_invitation(company, by=SYSTEM)

    assert (invitation.allowed_emails, invitation.expires_at, invitation.max_uses) == ([], None, None)
    assert (invitation.use_count, invitation.status) == (0, Status.ACTIVE)
    assert (invitation.locale, invitation.metadata, invitation.prefill) == (company.locale, {}, {})
    assert log_of(invitation) == [EventType.CREATED]


def test_mailed_invitation_reminds_by_default(company):
    mailed, unmailed = {"send_email": True}, {"allowed_emails": ["a@example.com"]}
    cases = [unmailed, mailed, mailed | unmailed, mailed | {"allowed_emails": ["*@example.com"]}]
    chosen = [mailed | unmailed | {"sends_reminders": False}, {"sends_reminders": True}]

    created = [draft_invitation(company, **terms) for terms in cases + chosen]

    assert [each.sends_reminders for each in created] == [False, False, True, False, False, True]


def test_log_names_the_creator(company):
    key, staff = make_api_key(company.partner)[0], UserFactory()

    by_key = create_invitation(company, by=Actor.partner(key)).events.get()
    by_staff = create_invitation(company, by=Actor.staff(staff)).events.get()

    assert (by_key.actor, by_key.api_key) == ("PARTNER", key)
    assert (by_staff.actor, by_staff.user) == ("STAFF", staff)


@pytest.mark.parametrize("life", [timedelta(seconds=60), timedelta(days=3650)])
def test_create_accepts_lifetime_limits(company, life):
    before = timezone.now()

    invitation = create_invitation(company, by=SYSTEM, expires_in=life)

    assert before + life <= invitation.expires_at <= timezone.now() + life
    assert invitation.expires_at == invitation.created_at + life


NO_ID = UUID(int=7)
REFUSED: list[tuple[dict[str, Any], tuple[str | int, ...]]] = [
    ({"expires_in": timedelta(seconds=59)}, ("expires_in_seconds",)),
    ({"expires_in": timedelta(days=3650, seconds=1)}, ("expires_in_seconds",)),
    ({"max_uses": 0}, ("max_uses",)),
    ({"max_uses": 1_000_001}, ("max_uses",)),
    ({"allowed_emails": ["a@example.com", "b"]}, ("allowed_emails", 1)),
    ({"redirect_url": "https://elsewhere.example"}, ("redirect_url",)),
    ({"redirect_url": "http://listed.example"}, ("redirect_url",)),
    ({"message": "x" * 2001}, ("message",)),
    ({"external_id": "x" * 256}, ("external_id",)),
    ({"metadata": {str(number): "x" for number in range(21)}}, ("metadata",)),
    ({"metadata": {"a": "b", "x" * 41: ""}}, ("metadata", "x" * 41)),
    ({"metadata": {"a": "x" * 501}}, ("metadata", "a")),
    ({"prefill": Prefill(datasource_id=NO_ID)}, ("prefill", "datasource_id")),
    ({"prefill": Prefill(url="javascript:alert(1)")}, ("prefill", "url")),
    ({"prefill": Prefill(initial_sites=(NO_ID,))}, ("prefill", "initial_sites", 0)),
    ({"prefill": Prefill(connection_owner_email="nobody")}, ("prefill", "connection_owner_email")),
]


@pytest.mark.parametrize(("fields", "place"), REFUSED)
def test_create_names_the_invalid_field(db, fields, place):
    partner = PartnerFactory(redirect_urls=["https://listed.example"])
    company = Company.objects.create(partner=partner, name="Bakery")

    with pytest.raises(InvalidField) as refusal:
        create_invitation(company, by=SYSTEM, **fields)

    assert refusal.value.field == place
    assert not Invitation.objects.exists()


def test_prefill_sites_belong_to_the_company(company):
    mine, other = SiteFactory(company=company), SiteFactory(company__partner=company.partner)

    with pytest.raises(InvalidField) as refusal:
        create_invitation(company, by=SYSTEM, prefill=Prefill(initial_sites=(mine.pk, other.pk)))

    assert refusal.value.field == ("prefill", "initial_sites", 1)


def test_owner_email_is_normalized(company):
    prefill = Prefill(connection_owner_email="Owner@BÜCHER.example")

    invitation = create_invitation(company, by=SYSTEM, prefill=prefill)

    assert invitation.prefilled.connection_owner_email == "owner@xn--bcher-kva.example"


def test_redirect_url_on_the_list(company):
    company.partner.redirect_urls = ["https://one.example/", "https://two.example/?a=b#c"]

    invitation = create_invitation(company, by=SYSTEM, redirect_url="https://two.example/?a=b#c")

    assert invitation.redirect_url == "https://two.example/?a=b#c"


def test_view_is_logged_every_ten_minutes(company):
    invitation = make_invitation(company)
    for _ in range(3):
        record_view(Invitation.objects.get())
    assert log_of(invitation) == [EventType.CREATED, EventType.VIEWED]

    Invitation.objects.update(last_viewed_at=timezone.now() - timedelta(minutes=10))
    record_view(Invitation.objects.get())

    (event,) = invitation.events.filter(type=EventType.VIEWED)
    assert event.detail["count"] == 2
    assert event.detail["lastAt"].endswith("Z")

    later = timezone.now() + timedelta(hours=1, minutes=1)
    with stopped_at(later):
        record_view(Invitation.objects.get())
    assert log_of(invitation).count(EventType.VIEWED) == 2


def test_view_with_stale_row_is_not_logged(company):
    read_earlier = make_invitation(company)
    record_view(Invitation.objects.get())

    record_view(read_earlier)

    assert log_of(read_earlier).count(EventType.VIEWED) == 1


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"revoked_at": timezone.now()}, InvitationRevoked),
        ({"max_uses": 1, "use_count": 1}, InvitationFulfilled),
        ({"expires_at": timezone.now()}, InvitationExpired),
    ],
)
def test_closed_invitation_raises_its_exception(facts, refusal):
    with pytest.raises(refusal) as error:
        ensure_active(Invitation(company=Company(), **facts))

    assert error.value.status == 409
    ensure_active(Invitation(company=Company()))


def test_revocation_is_the_latest_change(company):
    """It waited for an update that took its time after it."""
    invitation, later = make_invitation(company), timezone.now() + timedelta(seconds=5)
    Invitation.objects.update(updated_at=later)
    revoke_invitation(invitation, by=SYSTEM)
    assert invitation.updated_at == later


def test_revoke_is_final_and_logged_once(company):
    invitation = make_invitation(company)
    staff = UserFactory()

    first = revoke_invitation(invitation, by=Actor.staff(staff), reason="A mistake").revoked_at
    second = revoke_invitation(invitation, by=SYSTEM, reason="Another").revoked_at

    assert first == second
    event = invitation.events.get(type=EventType.REVOKED)
    assert (event.detail, event.actor, event.user) == ({"reason": "A mistake"}, "STAFF", staff)
    assert invitation.status == Status.REVOKED
