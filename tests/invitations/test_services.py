"""Invitations: created, looked at, used and revoked."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from companies.models import Company
from config.exceptions import InvalidField
from connections.models import Connection, Credential
from connections.models.status import Status as ConnectionStatus
from invitations.exceptions import InvitationExpired, InvitationFulfilled, InvitationRevoked, ProofRequired
from invitations.models import EventType, Invitation
from invitations.models.prefill import Prefill
from invitations.models.status import Status
from invitations.services.guards import ensure_active
from invitations.services.invitations import create_invitation, record_view, revoke_invitation
from invitations.services.redemption import Account, redeem_invitation
from tests.factories import DatasourceFactory, PartnerFactory, SiteFactory, UserFactory, make_api_key, make_invitation

CREDENTIALS = {"username": "someone", "password": "something only they know"}


def log_of(invitation: Invitation) -> list[str]:
    return [event.type for event in invitation.events.order_by("pk")]


# --- created -----------------------------------------------------------------------------------------------


def test_by_default_it_is_for_anyone_for_ever_without_limit(company):
    invitation = create_invitation(company, by=SYSTEM)

    assert (invitation.allowed_emails, invitation.expires_at, invitation.max_uses) == ([], None, None)
    assert (invitation.use_count, invitation.status) == (0, Status.ACTIVE)
    assert (invitation.locale, invitation.metadata, invitation.prefill) == (company.locale, {}, {})
    assert log_of(invitation) == [EventType.CREATED]


def test_the_log_says_who_created_it(company):
    key, staff = make_api_key(company.partner)[0], UserFactory()

    by_key = create_invitation(company, by=Actor.partner(key)).events.get()
    by_staff = create_invitation(company, by=Actor.staff(staff)).events.get()

    assert (by_key.actor, by_key.api_key) == ("PARTNER", key)
    assert (by_staff.actor, by_staff.user) == ("STAFF", staff)


@pytest.mark.parametrize("life", [timedelta(seconds=60), timedelta(days=3650)])
def test_it_may_live_for_a_minute_to_ten_years_from_now(company, life):
    before = timezone.now()

    invitation = create_invitation(company, by=SYSTEM, expires_in=life)

    assert before + life <= invitation.expires_at <= timezone.now() + life
    assert invitation.expires_at == invitation.created_at + life


NO_ID = UUID(int=7)
REFUSED: list[tuple[dict[str, Any], tuple[str | int, ...]]] = [
    ({"expires_in": timedelta(seconds=59)}, ("expires_in_seconds",)),
    ({"expires_in": timedelta(0)}, ("expires_in_seconds",)),
    ({"expires_in": timedelta(days=-1)}, ("expires_in_seconds",)),
    ({"expires_in": timedelta(days=3650, seconds=1)}, ("expires_in_seconds",)),
    ({"max_uses": 0}, ("max_uses",)),
    ({"max_uses": -1}, ("max_uses",)),
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
def test_what_does_not_hold_is_refused_by_its_place_and_stores_nothing(db, fields, place):
    partner = PartnerFactory(redirect_urls=["https://listed.example"])
    company = Company.objects.create(partner=partner, name="Bakery")

    with pytest.raises(InvalidField) as refusal:
        create_invitation(company, by=SYSTEM, **fields)

    assert refusal.value.field == place
    assert not Invitation.objects.exists()


def test_sites_are_the_companys_and_no_other_of_the_partner(company):
    mine, other = SiteFactory(company=company), SiteFactory(company__partner=company.partner)

    with pytest.raises(InvalidField) as refusal:
        create_invitation(company, by=SYSTEM, prefill=Prefill(initial_sites=(mine.pk, other.pk)))

    assert refusal.value.field == ("prefill", "initial_sites", 1)


def test_the_account_owners_address_is_kept_in_its_normal_form(company):
    prefill = Prefill(connection_owner_email="Owner@BÜCHER.example")

    invitation = create_invitation(company, by=SYSTEM, prefill=prefill)

    assert invitation.prefilled.connection_owner_email == "owner@xn--bcher-kva.example"


def test_a_redirect_on_the_partners_list_is_kept(company):
    company.partner.redirect_urls = ["https://one.example/", "https://two.example/?a=b#c"]

    invitation = create_invitation(company, by=SYSTEM, redirect_url="https://two.example/?a=b#c")

    assert invitation.redirect_url == "https://two.example/?a=b#c"


# --- looked at ---------------------------------------------------------------------------------------------


def test_a_view_is_logged_once_in_ten_minutes(company):
    invitation = make_invitation(company)
    for _ in range(3):
        record_view(Invitation.objects.get())
    assert log_of(invitation) == [EventType.CREATED, EventType.VIEWED]

    Invitation.objects.update(last_viewed_at=timezone.now() - timedelta(minutes=10))
    record_view(Invitation.objects.get())

    assert log_of(invitation).count(EventType.VIEWED) == 2


def test_a_view_by_somebody_who_read_it_earlier_is_not_logged_again(company):
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
def test_each_way_of_being_closed_has_its_own_words(facts, refusal):
    with pytest.raises(refusal) as raised:
        ensure_active(Invitation(**facts))

    assert raised.value.status == 409
    assert raised.value.title
    assert raised.value.next_step
    ensure_active(Invitation())


# --- used --------------------------------------------------------------------------------------------------


def redeem(invitation: Invitation, form_id: UUID | None = None, **account: Any) -> Connection:
    account = account or {"datasource": DatasourceFactory()}
    return redeem_invitation(
        invitation, form_id=form_id or uuid4(), account=Account(**account), credentials=CREDENTIALS
    )


def test_a_use_makes_a_pending_connection_of_the_company(company):
    invitation = make_invitation(company)
    site = SiteFactory(company=company)

    connection = redeem(
        invitation,
        url="https://utility.example.com",
        country="FR",
        sites=(site,),
        utility_types=("WATER",),
        owner_email="owner@example.com",
    )

    connection.refresh_from_db()
    assert (connection.company, connection.status) == (company, ConnectionStatus.PENDING)
    assert (connection.url, connection.country) == ("https://utility.example.com", "FR")
    assert (list(connection.sites.all()), connection.utility_types) == ([site], ["WATER"])
    assert (connection.owner_email, connection.verified_email) == ("owner@example.com", None)
    invitation.refresh_from_db()
    assert invitation.use_count == 1
    assert log_of(invitation) == [EventType.CREATED, EventType.USED]
    assert invitation.events.get(type=EventType.USED).detail == {"connectionId": str(connection.pk)}


def test_the_last_use_fulfils_it(company):
    invitation = make_invitation(company, max_uses=2)
    redeem(invitation)
    assert EventType.FULFILLED not in log_of(invitation)

    redeem(invitation)

    assert log_of(invitation)[-2:] == [EventType.USED, EventType.FULFILLED]
    with pytest.raises(InvitationFulfilled):
        redeem(invitation)
    assert Connection.objects.count() == 2


def test_the_same_submission_again_is_the_same_connection(company):
    invitation, form_id = make_invitation(company, max_uses=1), uuid4()

    first = redeem(invitation, form_id)
    second = redeem(invitation, form_id)

    assert first == second
    assert log_of(invitation).count(EventType.USED) == 1


def test_a_submission_belongs_to_its_invitation(company):
    one, other, form_id = make_invitation(company), make_invitation(company), uuid4()

    assert redeem(one, form_id) != redeem(other, form_id)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"revoked_at": timezone.now()}, InvitationRevoked),
        ({"max_uses": 1, "use_count": 1}, InvitationFulfilled),
        ({"created_at": timezone.now() - timedelta(2), "expires_at": timezone.now() - timedelta(1)}, InvitationExpired),
        ({"allowed_emails": ["a@example.com"]}, ProofRequired),
    ],
)
def test_what_changed_since_the_form_was_opened_counts(company, change, refusal):
    opened = make_invitation(company)
    Invitation.objects.update(**change)

    with pytest.raises(refusal):
        redeem(opened)

    assert not Connection.objects.exists()
    assert not Credential.objects.exists()
    assert log_of(opened) == [EventType.CREATED]


def test_a_connection_that_cannot_be_made_spends_nothing(company):
    invitation = make_invitation(company, max_uses=1)

    with pytest.raises(InvalidField):
        redeem(invitation, url="file:///etc/passwd")

    invitation.refresh_from_db()
    assert (invitation.use_count, log_of(invitation)) == (0, [EventType.CREATED])


# --- revoked -----------------------------------------------------------------------------------------------


def test_revoked_it_is_revoked_for_good_and_logged_once(company):
    invitation = make_invitation(company)
    staff = UserFactory()

    first = revoke_invitation(invitation, by=Actor.staff(staff), reason="A mistake").revoked_at
    second = revoke_invitation(invitation, by=SYSTEM, reason="Another").revoked_at

    assert first == second
    event = invitation.events.get(type=EventType.REVOKED)
    assert (event.detail, event.actor, event.user) == ({"reason": "A mistake"}, "STAFF", staff)
    assert invitation.status == Status.REVOKED


def test_one_that_is_over_can_be_revoked_as_well(company):
    invitation = make_invitation(company, max_uses=1)
    redeem(invitation)

    assert revoke_invitation(invitation, by=SYSTEM).status == Status.REVOKED
