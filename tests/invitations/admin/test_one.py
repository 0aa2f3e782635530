"""The page of one invitation: link, facts, timeline, and nothing that should not be there."""

from datetime import date
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.actors import CONTRIBUTOR, Actor
from invitations.admin.history import MOST_LINES
from invitations.events import log_event
from invitations.models import EventType, Invitation, InvitationType
from invitations.prefill import Prefill
from invitations.services import Account, redeem_invitation, revoke_invitation
from invitations.tokens import hash_token
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    make_api_key,
    make_connection,
    make_invitation,
)
from tests.invitations.admin.pages import LIST, address, page_of, words


def test_the_page_shows_the_link_with_a_button_that_copies_it(admin_client, company):
    invitation = make_invitation(company)

    page = page_of(admin_client, invitation)

    assert f'data-copy="Copy link">{invitation.url}<' in page
    assert page.count(invitation.token) == 1
    assert "js/copy.js" in page


def test_a_link_that_leads_nowhere_has_no_button(admin_client, company, staff):
    invitation = make_invitation(company)
    revoke_invitation(invitation, by=Actor.staff(staff))

    page = page_of(admin_client, invitation)

    assert invitation.url in page
    assert "data-copy" not in page


def test_a_link_whose_key_is_gone_is_explained(admin_client, company):
    invitation = make_invitation(company)
    Invitation.objects.update(sealed_token=b"sealed with a key that is gone")

    assert "The link is lost" in page_of(admin_client, invitation)


def test_the_page_shows_neither_hash_nor_sealed_token(admin_client, company):
    invitation = make_invitation(company)

    page = page_of(admin_client, invitation)

    for secret in (hash_token(invitation.token), bytes(invitation.sealed_token)):
        assert secret.hex() not in page
        assert repr(secret) not in page


def test_the_page_says_in_words_what_is_filled_in(admin_client, company):
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


def test_what_people_wrote_is_shown_as_text(admin_client):
    company = CompanyFactory(name="<script>alert(1)</script>")
    invitation = make_invitation(company, message="<script>alert(1)</script>", external_id="<script>alert(1)</script>")

    for page in (page_of(admin_client, invitation), words(admin_client.get(reverse(LIST)))):
        assert "<script>alert" not in page


def test_the_timeline_says_when_what_and_who(admin_client, company, staff):
    key, _ = make_api_key(company.partner, name="CRM")
    invitation = make_invitation(company, by=Actor.partner(key))
    log_event(invitation, EventType.VIEWED, by=CONTRIBUTOR)
    revoke_invitation(invitation, by=Actor.staff(staff), reason="Sent to the <wrong> person")

    response = admin_client.get(address("change", invitation))

    lines = [(event.type, event.actor_name) for event in (line.event for line in response.context["history"].lines)]
    assert lines == [("CREATED", str(key)), ("VIEWED", "contributor"), ("REVOKED", "Mary Okafor")]
    assert "Reason: Sent to the &lt;wrong&gt; person" in words(response)


def test_the_page_leads_to_what_was_connected(admin_client, company):
    invitation = make_invitation(company)
    made = redeem_invitation(
        invitation,
        submission=uuid4(),
        account=Account(url="https://portal.example.com/login"),
        credentials={"username": "a-name-at-the-utility", "password": "a-password-at-the-utility"},
    )

    page = page_of(admin_client, invitation)

    assert page.count(reverse("admin:connections_connection_change", args=[made.pk])) == 2
    assert "portal.example.com" in page
    assert "at-the-utility" not in page


def test_the_page_of_a_repair_leads_to_the_connection(admin_client, company):
    broken = make_connection(company)
    invitation = make_invitation(company)
    Invitation.objects.update(invitation_type=InvitationType.EDIT_CONNECTION, connection=broken)

    assert reverse("admin:connections_connection_change", args=[broken.pk]) in page_of(admin_client, invitation)


def test_the_page_asks_as_little_of_many_events_as_of_few(admin_client, company, staff):
    invitation = make_invitation(company)

    def grow(number):
        for _ in range(number):
            log_event(invitation, EventType.VIEWED, by=Actor.staff(staff))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page_of(admin_client, invitation)
        return len(captured)

    grow(10)
    few = queries()
    grow(140)
    assert queries() == few
    assert page_of(admin_client, invitation).count("<time") == MOST_LINES
    assert "there are earlier ones" in page_of(admin_client, invitation)


def test_what_an_invitation_says_is_not_changed(admin_client, company):
    invitation = make_invitation(company, message="Before")

    assert admin_client.post(address("change", invitation), {"message": "After"}).status_code == 403
    invitation.refresh_from_db()
    assert invitation.message == "Before"


def test_an_invitation_that_is_not_there_is_said_to_be_missing(admin_client):
    missing = reverse("admin:invitations_invitation_revoke", args=[uuid4()])

    assert admin_client.get(missing).status_code == 404
