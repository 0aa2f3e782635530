"""Staff invite, see where each invitation stands, and revoke."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from companies.actors import CONTRIBUTOR, Actor
from config.admin import revocation
from invitations.admin import invitations as pages
from invitations.events import log_event
from invitations.models import EventType, Invitation, InvitationType
from invitations.prefill import Prefill
from invitations.services import Account, redeem_invitation, revoke_invitation
from invitations.status import Status
from invitations.tokens import hash_token
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
    make_api_key,
    make_connection,
    make_invitation,
)

LIST = "admin:invitations_invitation_changelist"
NO_ID = "01940000-0000-7000-8000-000000000000"


@pytest.fixture
def staff(db):
    return UserFactory(name="Mary Okafor")


@pytest.fixture
def admin_client(client, staff):
    client.force_login(staff)
    return client


def may(*codenames):
    user = UserFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def address(page, invitation):
    return reverse(f"admin:invitations_invitation_{page}", args=[invitation.pk])


def words(response):
    assert response.status_code == 200
    return response.content.decode()


def page_of(client, invitation):
    return words(client.get(address("change", invitation)))


def listed(client, **query):
    response = client.get(reverse(LIST), query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def in_every_status(company):
    """An invitation in each status, made so that several rules hold where they can."""
    invitations = {status: make_invitation(company, max_uses=1) for status in Status}
    past = {"created_at": timezone.now() - timedelta(days=9), "expires_at": timezone.now() - timedelta(days=1)}
    change = Invitation.objects.filter
    change(pk=invitations[Status.EXPIRED].pk).update(**past)
    change(pk=invitations[Status.FULFILLED].pk).update(use_count=1, **past)
    change(pk=invitations[Status.REVOKED].pk).update(use_count=1, revoked_at=timezone.now(), **past)
    return invitations


# --- the list


@pytest.mark.parametrize("status", Status)
def test_the_list_finds_by_status_what_the_api_finds(admin_client, api, company, status):
    expected = in_every_status(company)[status]

    shown = listed(admin_client, status=status.value)
    answered = api.get(f"invitation/company/{company.pk}", {"status": status.value}).json()["invitations"]

    assert [str(each.pk) for each in shown] == [each["id"] for each in answered] == [str(expected.pk)]
    assert [each["status"] for each in answered] == [each.current_status for each in shown] == [status.value]


def test_the_list_shows_each_status_as_a_word(admin_client, company):
    in_every_status(company)

    shown = words(admin_client.get(reverse(LIST)))

    for status in Status:
        assert f">{status.label}</span>" in shown


@pytest.mark.parametrize(
    ("emails", "shown"),
    [
        ([], "Anyone with the link"),
        (["a@example.com"], "<div>a@example.com</div>"),
        (["a@example.com", "b@example.com"], "<div>a@example.com</div><div>b@example.com</div>"),
        (
            [f"{n}@example.com" for n in range(5)],
            "<div>0@example.com</div><div>1@example.com</div><div>and 3 more</div>",
        ),
    ],
)
def test_the_list_names_two_recipients_and_counts_the_rest(admin_client, company, emails, shown):
    make_invitation(company, allowed_emails=emails)

    assert shown in words(admin_client.get(reverse(LIST)))


@pytest.mark.parametrize(("max_uses", "shown"), [(5, ">2 of 5<"), (None, ">2, no limit<")])
def test_the_list_says_how_often_it_was_used(admin_client, company, max_uses, shown):
    make_invitation(company, max_uses=max_uses)
    Invitation.objects.update(use_count=2)

    assert shown in words(admin_client.get(reverse(LIST)))


def test_the_list_holds_no_link(admin_client, company):
    invitation = make_invitation(company)

    for each in (reverse(LIST), reverse("admin:index"), address("history", invitation), address("revoke", invitation)):
        assert invitation.token not in words(admin_client.get(each))


def test_newest_come_first(admin_client, company):
    first, second = make_invitation(company), make_invitation(company)

    assert listed(admin_client) == [second, first]


@pytest.mark.parametrize("term", ["{pk}", "ORD-7", "Riverside", "river", " anna@example.com ", "ANNA@Example.COM"])
def test_an_invitation_is_found(admin_client, term):
    invitation = make_invitation(
        CompanyFactory(name="Riverside"), external_id="ORD-7", allowed_emails=["anna@example.com"]
    )
    make_invitation(allowed_emails=["bert@example.com"], external_id="ORD-70")

    assert listed(admin_client, q=term.format(pk=invitation.pk)) == [invitation]


@pytest.mark.parametrize("term", ["nobody@example.com", "ORD", "%", "Nobody", NO_ID])
def test_what_is_not_there_is_not_found(admin_client, company, term):
    make_invitation(company, external_id="ORD-7", allowed_emails=["anna@example.com"])

    assert listed(admin_client, q=term) == []


def test_the_list_is_narrowed(admin_client, company):
    invitation = make_invitation(company)
    old = make_invitation()
    Invitation.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))

    assert listed(admin_client, company=company.pk) == [invitation]
    assert listed(admin_client, created="month") == [invitation]
    assert listed(admin_client, created="nonsense") == [old, invitation]
    assert listed(admin_client, invitation_type__exact=InvitationType.EDIT_CONNECTION) == []


def test_narrowing_by_a_company_keeps_the_other_filters(admin_client, company):
    make_invitation(company)

    shown = words(admin_client.get(reverse(LIST), {"status": "ACTIVE", "q": "x", "company": company.pk}))

    form = shown[shown.index('class="autocomplete-filter"') :]
    assert '<input type="hidden" name="status" value="ACTIVE">' in form
    assert '<input type="hidden" name="q" value="x">' in form
    assert f'<option value="{company.pk}" selected>{company.name}</option>' in form


def test_a_list_asks_as_little_of_many_rows_as_of_few(admin_client, company):
    def grow(number):
        rows = (uuid4().bytes for _ in range(number))
        Invitation.objects.bulk_create(
            Invitation(
                company=CompanyFactory() if n < 5 else company,
                invitation_type=InvitationType.CREATE_CONNECTION,
                token_hash=token_hash,
                sealed_token=b"",
                allowed_emails=["a@example.com"],
            )
            for n, token_hash in enumerate(rows)
        )

    def queries(query):
        with CaptureQueriesContext(connection) as captured:
            listed(admin_client, **query)
        return len(captured)

    ways = ({}, {"q": "Company"}, {"status": "ACTIVE"}, {"company": company.pk})
    grow(10)
    few = [queries(query) for query in ways]
    grow(990)
    assert [queries(query) for query in ways] == few
    assert max(few) <= 6


# --- the page of one


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

    assert "It cannot be shown" in page_of(admin_client, invitation)


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

    lines = [(event.type, event.actor_name) for event in response.context["events"]]
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
    assert page_of(admin_client, invitation).count("<time") == pages.MOST_LINES
    assert "there are earlier ones" in page_of(admin_client, invitation)


def test_what_an_invitation_says_is_not_changed(admin_client, company):
    invitation = make_invitation(company, message="Before")

    assert admin_client.post(address("change", invitation), {"message": "After"}).status_code == 403
    invitation.refresh_from_db()
    assert invitation.message == "Before"


def test_an_invitation_that_is_not_there_is_said_to_be_missing(admin_client):
    missing = reverse("admin:invitations_invitation_revoke", args=[uuid4()])

    assert admin_client.get(missing).status_code == 404


# --- inviting


def invite(client, company, **fields):
    data = {"company": company.pk, "expires_in": "14", "max_uses": "1"} | fields.pop("instead", {}) | fields
    return client.post(reverse("admin:invitations_invitation_add"), data)


def test_staff_invite(admin_client, company, staff):
    response = invite(
        admin_client, company, allowed_emails="Anna@Example.com,\n bert@example.com", message="Hello", external_id="7"
    )

    invitation = Invitation.objects.get()
    assert response.url == address("change", invitation)
    assert (invitation.company, invitation.message, invitation.external_id) == (company, "Hello", "7")
    assert (invitation.allowed_emails, invitation.max_uses) == (["anna@example.com", "bert@example.com"], 1)
    assert invitation.expires_at - invitation.created_at == timedelta(days=14)
    assert [(event.type, event.user) for event in invitation.events.all()] == [("CREATED", staff)]
    assert LogEntry.objects.get().object_id == str(invitation.pk)


def test_an_invitation_may_be_for_anyone_for_ever_without_limit(admin_client, company):
    invite(admin_client, company, expires_in="", max_uses="")

    invitation = Invitation.objects.get()
    assert (invitation.allowed_emails, invitation.expires_at, invitation.max_uses) == ([], None, None)
    assert (invitation.message, invitation.external_id) == (None, None)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("allowed_emails", "anna@example.com nonsense", "nonsense – This is not an e-mail address."),
        ("allowed_emails", "\n".join(f"{n}@example.com" for n in range(101)), "At most 100 addresses."),
        ("max_uses", "0", "The number of uses is between 1 and 1,000,000."),
        ("max_uses", "many", "Enter a whole number."),
        ("expires_in", "9", "Select a valid choice. 9 is not one of the available choices."),
        ("message", "x" * 2001, "Ensure this value has at most 2000 characters (it has 2001)."),
        ("company", NO_ID, "Select a valid choice. That choice is not one of the available choices."),
        ("company", "", "This field is required."),
    ],
)
def test_what_does_not_hold_is_said_on_its_field(admin_client, company, field, value, said):
    response = invite(admin_client, company, instead={field: value})

    assert response.context["adminform"].form.errors == {field: [said]}
    assert not Invitation.objects.exists()
    assert not LogEntry.objects.exists()


def test_whoever_may_only_look_cannot_invite(client, company):
    client.force_login(may("view_invitation"))

    assert invite(client, company).status_code == 403
    assert not Invitation.objects.exists()


def test_whoever_may_invite_invites(client, company):
    client.force_login(may("add_invitation", "view_invitation"))

    assert invite(client, company).status_code == 302
    assert Invitation.objects.exists()


# --- revoking


def test_revoking_asks_first(admin_client, company):
    invitation = make_invitation(company)

    assert "This cannot be undone." in words(admin_client.get(address("revoke", invitation)))
    invitation.refresh_from_db()
    assert invitation.status == Status.ACTIVE


def test_revoking_keeps_the_reason_and_who_it_was(admin_client, company, staff):
    invitation = make_invitation(company)

    response = admin_client.post(address("revoke", invitation), {"reason": "Wrong person"})

    assert response.url == address("change", invitation)
    invitation.refresh_from_db()
    assert invitation.status == Status.REVOKED
    event = invitation.events.get(type=EventType.REVOKED)
    assert (event.actor_name, event.detail) == ("Mary Okafor", {"reason": "Wrong person"})
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.is_change()) == (staff, str(invitation.pk), True)


def test_a_reason_may_be_left_out(admin_client, company):
    invitation = make_invitation(company)

    admin_client.post(address("revoke", invitation))

    assert invitation.events.get(type=EventType.REVOKED).detail == {}


def test_a_reason_that_is_too_long_revokes_nothing(admin_client, company):
    invitation = make_invitation(company)

    assert "at most 500" in words(admin_client.post(address("revoke", invitation), {"reason": "x" * 501}))
    invitation.refresh_from_db()
    assert invitation.status == Status.ACTIVE


def test_revoking_again_changes_and_logs_nothing(admin_client, company):
    invitation = make_invitation(company)
    for _ in range(2):
        admin_client.post(address("revoke", invitation), {"reason": "Wrong person"})

    assert invitation.events.filter(type=EventType.REVOKED).count() == 1
    assert LogEntry.objects.count() == 1
    assert "revokelink" not in page_of(admin_client, invitation)


def chosen(*invitations, **more):
    return {"action": "revoke_selected", "_selected_action": [each.pk for each in invitations], **more}


def test_several_are_revoked_from_the_list(admin_client, company):
    first, second, other = (make_invitation(company) for _ in range(3))

    assert "Revoke 2 invitations?" in words(admin_client.post(reverse(LIST), chosen(first, second)))
    assert not Invitation.objects.in_status(Status.REVOKED).exists()

    admin_client.post(reverse(LIST), chosen(first, second, confirmed="yes", reason="Spring cleaning"))
    assert set(Invitation.objects.in_status(Status.REVOKED)) == {first, second}
    assert [event.detail for each in (first, second) for event in each.events.filter(type="REVOKED")] == [
        {"reason": "Spring cleaning"}
    ] * 2
    assert LogEntry.objects.count() == 2
    assert other.status == Status.ACTIVE


def test_no_more_are_revoked_at_once_than_can_be_meant(admin_client, company, monkeypatch):
    monkeypatch.setattr(revocation, "MOST_AT_ONCE", 2)
    three = [make_invitation(company) for _ in range(3)]

    response = admin_client.post(reverse(LIST), chosen(*three, confirmed="yes"), follow=True)

    assert "At most 2 can be revoked at once." in words(response)
    assert not Invitation.objects.in_status(Status.REVOKED).exists()


def test_whoever_may_not_change_invitations_cannot_revoke(client, company):
    invitation = make_invitation(company)
    client.force_login(may("view_invitation", "add_invitation"))

    assert "revokelink" not in page_of(client, invitation)
    assert client.get(address("revoke", invitation)).status_code == 403
    assert client.post(address("revoke", invitation)).status_code == 403
    client.post(reverse(LIST), chosen(invitation, confirmed="yes"))
    invitation.refresh_from_db()
    assert invitation.status == Status.ACTIVE


def test_whoever_may_change_invitations_revokes(client, company):
    invitation = make_invitation(company)
    client.force_login(may("view_invitation", "change_invitation"))

    client.post(address("revoke", invitation))

    invitation.refresh_from_db()
    assert invitation.status == Status.REVOKED
