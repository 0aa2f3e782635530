"""The page of one invitation: link, next step, facts, events, and no secrets."""

from datetime import UTC, date, datetime
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from companies.actors import CONTRIBUTOR, SYSTEM, Actor
from companies.admin.timeline import MOST_LINES
from connections.models.status import Status as ConnectionStatus
from connections.services.connections import report_status
from invitations.admin.next_step import Advice
from invitations.models import Delivery, EventType, Invitation, InvitationEvent, InvitationType, Use
from invitations.models.prefill import Prefill
from invitations.models.tokens import hash_token
from invitations.services.address_correction import correct_address
from invitations.services.events import log_event
from invitations.services.invitations import (
    create_repair_invitation,
    revoke_invitation,
    rotate_invitation,
    update_invitation,
)
from invitations.services.redemption import Account, redeem_invitation
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    make_api_key,
    make_connection,
    make_invitation,
)
from tests.invitations.admin.pages import LIST, address, page_of, words
from tests.invitations.consents import CONSENT


def test_page_shows_the_link_to_copy(admin_client, company):
    invitation = make_invitation(company)

    page = page_of(admin_client, invitation)

    assert f'data-copy="Copy link">{invitation.url}<' in page
    assert page.count(invitation.token) == 1
    assert "js/copy.js" in page


def test_inactive_link_has_no_copy_button(admin_client, company, staff):
    invitation = make_invitation(company)
    revoke_invitation(invitation, by=Actor.staff(staff))

    page = page_of(admin_client, invitation)

    assert invitation.url in page
    assert "data-copy" not in page


def test_undecryptable_link_is_explained(admin_client, company):
    invitation = make_invitation(company)
    Invitation.objects.update(encrypted_token=b"sealed with a key that is gone")

    assert "The link cannot be shown" in page_of(admin_client, invitation)


def test_page_shows_no_hash_or_ciphertext(admin_client, company):
    invitation = make_invitation(company)

    page = page_of(admin_client, invitation)

    for secret in (hash_token(invitation.token), bytes(invitation.encrypted_token)):
        assert secret.hex() not in page
        assert repr(secret) not in page


def test_page_shows_prefilled_fields(admin_client, company):
    site = SiteFactory(company=company, name="Main bakery")
    provider = DatasourceFactory(name="Acme Water", country="IE")
    prefill = Prefill(
        datasource_id=provider.pk,
        initial_sites=(site.pk,),
        utility_types=("DISTRICT",),
        country="IE",
        connection_owner_email="owner@example.com",
        data_collection_start_date=date(2026, 1, 31),
        locked_fields=("country",),
    )

    page = page_of(admin_client, make_invitation(company, prefill=prefill, metadata={"batch": "<spring>"}))

    for text in ("Acme Water (IE)", "Main bakery", "District heating or cooling", "owner@example.com", "31 Jan 2026"):
        assert f"<dd>{text}</dd>" in page
    assert '<dd>Ireland <span class="facts__note">cannot be changed</span></dd>' in page
    assert "<dt>batch</dt><dd>&lt;spring&gt;</dd>" in page


def test_page_and_list_escape_text(admin_client):
    company = CompanyFactory(name="<script>alert(1)</script>")
    invitation = make_invitation(company, message="<script>alert(1)</script>", external_id="<script>alert(1)</script>")

    for page in (page_of(admin_client, invitation), words(admin_client.get(reverse(LIST)))):
        assert "<script>alert" not in page


def test_events_show_type_actor_and_reason(admin_client, company, staff):
    key, _ = make_api_key(company.partner, name="CRM")
    invitation = make_invitation(company, by=Actor.partner(key))
    log_event(invitation, EventType.VIEWED, by=CONTRIBUTOR)
    revoke_invitation(invitation, by=Actor.staff(staff), reason="Sent to the <wrong> person")

    response = admin_client.get(address("change", invitation))

    events = [line.event for line in response.context["history"].timeline.lines]
    assert [(event.type, event.actor_name) for event in events] == [
        ("CREATED", str(key)),
        ("VIEWED", "contributor"),
        ("REVOKED", "Mary Okafor"),
    ]
    assert "Reason: Sent to the &lt;wrong&gt; person" in words(response)


def test_page_links_to_created_connections(admin_client, company):
    invitation = make_invitation(company)
    made = redeem_invitation(
        invitation,
        form_id=uuid4(),
        account=Account(url="https://portal.example.com/login"),
        credentials={"username": "a-name-at-the-utility", "password": "a-password-at-the-utility"},
        consent=CONSENT,
    )

    page = page_of(admin_client, invitation)

    assert page.count(reverse("admin:connections_connection_change", args=[made.pk])) == 2
    assert "portal.example.com" in page
    assert "at-the-utility" not in page


def test_repair_links_to_its_connection(admin_client, company):
    broken = make_connection(company)
    invitation = make_invitation(company)
    Invitation.objects.update(invitation_type=InvitationType.EDIT_CONNECTION, connection=broken)

    assert reverse("admin:connections_connection_change", args=[broken.pk]) in page_of(admin_client, invitation)


def test_events_show_changed_values(admin_client, company, staff):
    by = Actor.staff(staff)
    invitation = make_invitation(company, allowed_emails=["anna@exmaple.com"], by=by)
    update_invitation(invitation, by=by, max_uses=3, expires_at=datetime(2030, 1, 31, 12, tzinfo=UTC), message="Hello")
    update_invitation(invitation, by=by, max_uses=None, expires_in=None)
    correct_address(invitation, by=by, old="anna@exmaple.com", new="anna@example.com")

    lines = admin_client.get(address("change", invitation)).context["history"].timeline.lines

    assert [(line.event.type, line.notes) for line in lines] == [
        ("CREATED", []),
        (
            "UPDATED",
            ["expiry, from never to 31 Jan 2030, 12:00 UTC", "maximum uses, from unlimited to 3", "message"],
        ),
        ("UPDATED", ["expiry, from 31 Jan 2030, 12:00 UTC to never", "maximum uses, from 3 to unlimited"]),
        ("UPDATED", ["anna@exmaple.com is now anna@example.com"]),
        ("RESENT", ["To anna@example.com"]),
    ]


def test_page_shows_status_of_each_mail(admin_client, company):
    invitation = make_invitation(
        company, allowed_emails=["a@example.com", "b@example.com", "*@example.org"], send_email=True
    )
    invitation.deliveries.filter(email="a@example.com").update(
        status="BOUNCED", last_error="No such <person> there", attempts=2, last_attempt_at=timezone.now()
    )

    page = page_of(admin_client, invitation)

    for shown in (
        '<span class="status status--bad">Came back</span>',
        "No such &lt;person&gt; there",
        "2 attempts",
        '<span class="status status--waiting">Waiting to be sent</span>',
        "Not mailed",
        f'<a href="{address("correct", invitation)}?address=0">Correct',
        f'<a href="{address("resend", invitation)}?address=1">Mail again',
    ):
        assert shown in page
    assert "?address=2" not in page


def test_next_step_after_a_replaced_link(admin_client, company):
    invitation = make_invitation(company, allowed_emails=["anna@example.com"], send_email=True)
    invitation.deliveries.update(status="SENT", attempts=1, last_attempt_at=timezone.now())
    rotate_invitation(invitation, by=SYSTEM)

    response = admin_client.get(address("change", invitation))

    assert response.context["step"].advice == Advice.LINK_REPLACED
    assert "It was sent, but its link no longer works." in words(response)


def test_removed_address_stays_on_the_page(admin_client, company):
    invitation = make_invitation(company, allowed_emails=["anna@exmaple.com"], send_email=True)
    invitation.deliveries.update(status="BOUNCED", last_error="No such domain")
    correct_address(invitation, by=SYSTEM, old="anna@exmaple.com", new="anna@example.com")

    response = admin_client.get(address("change", invitation))

    shown = [(each.email, each.is_allowed) for each in response.context["history"].recipients]
    assert shown == [("anna@example.com", True), ("anna@exmaple.com", False)]
    assert "No longer on the invitation" in words(response)
    assert "No such domain" in words(response)
    assert response.context["step"].advice == Advice.QUEUED


def test_next_step_has_its_button(admin_client, company):
    invitation = make_invitation(company, allowed_emails=["a@example.com"], send_email=True)
    invitation.deliveries.update(status="FAILED", fault="ADDRESS")

    response = admin_client.get(address("change", invitation))

    assert "The mail to a@example.com did not arrive." in words(response)
    assert f'<a class="button default" href="{address("correct", invitation)}">Correct an address</a>' in words(
        response
    )


def test_broken_connection_offers_one_repair(admin_client, company):
    invitation = make_invitation(company, max_uses=1)
    made = redeem_invitation(
        invitation,
        form_id=uuid4(),
        account=Account(url="https://portal.example.com/login"),
        credentials={"username": "somebody", "password": "something"},
        consent=CONSENT,
    )
    report_status(made, ConnectionStatus.PASSWORD_INCORRECT, by=SYSTEM)

    best = admin_client.get(address("change", invitation)).context["best_button"]
    assert (best.name, f"connection={made.pk}" in best.url, f"company={company.pk}" in best.url) == (
        "repair",
        True,
        True,
    )

    repair = create_repair_invitation(made, by=SYSTEM)
    assert admin_client.get(address("change", invitation)).context["best_button"] is None
    assert str(made.pk) in page_of(admin_client, repair)

    revoke_invitation(repair, by=SYSTEM)
    assert admin_client.get(address("change", invitation)).context["best_button"].name == "repair"


def test_page_query_count_does_not_grow(admin_client, company, staff):
    invitation = make_invitation(company, allowed_emails=[f"{n}@example.org" for n in range(100)], send_email=True)

    def grow(start, end):
        InvitationEvent.objects.bulk_create(
            InvitationEvent(invitation=invitation, type="VIEWED", actor="STAFF", user=staff) for _ in range(start, end)
        )
        Delivery.objects.bulk_create(
            Delivery(invitation=invitation, email=f"{n}@example.com", status="SENT") for n in range(start, end)
        )
        for each in [make_connection(company) for _ in range(start, min(end, 130))]:
            Use.objects.create(invitation=invitation, connection=each, form_id=uuid4())

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page_of(admin_client, invitation)
        return len(captured)

    grow(0, 10)
    queries()  # fills the cache of content types
    few = queries()
    grow(10, 150)
    assert queries() == few == 14
    history = admin_client.get(address("change", invitation)).context["history"]
    assert (len(history.timeline.lines), len(history.connections)) == (MOST_LINES, MOST_LINES)
    assert len(history.recipients) == 100 + MOST_LINES
    page = page_of(admin_client, invitation)
    assert "There are earlier ones." in page
    assert "Of the earlier addresses, the newest 100 are shown." in page


def test_page_saves_nothing(admin_client, company):
    invitation = make_invitation(company, message="Before")

    assert admin_client.post(address("change", invitation), {"message": "After"}).status_code == 403
    invitation.refresh_from_db()
    assert invitation.message == "Before"


def test_unknown_invitation_is_not_found(admin_client):
    missing = reverse("admin:invitations_invitation_revoke", args=[uuid4()])

    assert admin_client.get(missing).status_code == 404
