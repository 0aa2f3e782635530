"""The first page: who asks, for what, until when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models.status import Status
from connections.models.status_texts import STATUS_TEXTS
from invitations.models import Invitation, InvitationEvent, PersonalLink
from invitations.models.prefill import Prefill
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from tests.factories import CompanyFactory, DatasourceFactory, make_connection, make_invitation
from tests.invitations.answers import page, saved
from tests.invitations.contributor.steps import ANNA
from tests.invitations.contributor.test_locked_fields import locked_values
from tests.invitations.repairs import OTHER_STATES, create_proof, found, read

pytestmark = pytest.mark.django_db


def test_pages_of_a_test_say_so(client, invitation):
    test = CompanyFactory(is_live=False)
    restricted = make_invitation(test, allowed_emails=[ANNA])
    revoked = revoke_invitation(make_invitation(test), by=SYSTEM)
    anyones = make_invitation(test)
    pages = [page(anyones), page(anyones, "connect"), page(restricted, "verify"), page(revoked)]
    saved(client, anyones)

    for path in [*pages, page(anyones, "done")]:
        assert "Please do not enter a real password." in client.get(path).content.decode(), path
    assert "This page is a test" not in client.get(page(invitation)).content.decode()


def test_page_names_partner_company_and_purpose(client, invitation):
    content = client.get(page(invitation)).content.decode()
    assert invitation.company.partner.name in content
    assert invitation.company.name in content
    assert all(
        text in content for text in ("What happens with your data", "How to withdraw", "Latchkey</bdi> runs this")
    )
    assert f'href="{page(invitation, "connect")}"' in content


def test_page_shows_expiry_with_time_zone(client, invitation):
    moment = datetime(2126, 3, 1, 9, 5, tzinfo=UTC)
    Invitation.objects.filter(pk=invitation.pk).update(updated_at=moment, expires_at=moment)
    content = client.get(page(invitation)).content.decode()
    assert "Friday 1 March 2126, 09:05" in content
    assert "Time zone: UTC" in content
    assert 'datetime="2126-03-01T09:05:00+00:00"' in content


def test_page_shows_missing_end_date(client, invitation):
    assert "No end date" in client.get(page(invitation)).content.decode()


def test_page_shows_uses_left(client, invitation):
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=3, use_count=1)
    content = client.get(page(invitation)).content.decode()
    assert "<dt>Uses left</dt>" in content
    assert "<dd>2. Each account that is connected takes one use.</dd>" in content


def test_page_shows_message_as_text(client, company):
    invitation = make_invitation(company, message="Dear <b>Ana</b>,\nplease & thank you\n\nBo")
    content = client.get(page(invitation)).content.decode()
    assert "<p>Dear &lt;b&gt;Ana&lt;/b&gt;,<br>please &amp; thank you</p>" in content


def events(invitation, *types):
    return list(InvitationEvent.objects.filter(invitation=invitation, type__in=types))


def test_view_is_recorded_every_ten_minutes(client, invitation):
    for minutes_ago, visits in [(0, 1), (9, 1), (11, 2)]:
        seen = timezone.now() - timedelta(minutes=minutes_ago)
        Invitation.objects.filter(pk=invitation.pk, last_viewed_at__isnull=False).update(last_viewed_at=seen)
        client.get(page(invitation))
        (event,) = events(invitation, "VIEWED")
        assert event.detail.get("count", 1) == visits


def test_view_is_recorded_for_contributor(client, invitation):
    client.get(page(invitation))
    (event,) = events(invitation, "VIEWED")
    assert (event.actor, event.email) == ("CONTRIBUTOR", None)


@pytest.mark.parametrize("name", ["verify", "connect"])
def test_later_page_records_view_too(client, name):
    invitation = make_invitation(allowed_emails=["anna@example.com"] if name == "verify" else [])
    for _ in range(2):
        assert client.get(page(invitation, name)).status_code == 200
    assert len(events(invitation, "VIEWED")) == 1


def test_fetch_is_recorded_once_an_hour(client, invitation):
    for headers in ({"Sec-Purpose": "prefetch"}, {}):
        for _ in range(2):
            client.head(page(invitation), headers=headers)
            client.get(page(invitation), headers={"Sec-Fetch-Dest": "empty"})
    assert [(event.actor, event.detail) for event in events(invitation, "FETCHED")] == [("SYSTEM", {})]
    invitation.refresh_from_db()
    assert (events(invitation, "VIEWED"), invitation.last_viewed_at) == ([], None)


def test_saved_form_was_opened(client, invitation):
    saved(client, invitation)
    invitation.refresh_from_db()
    assert invitation.last_viewed_at


def test_invalid_form_records_no_view(client, invitation):
    assert client.post(page(invitation, "connect"), {}).status_code == 200
    assert not events(invitation, "VIEWED")


def test_partner_asking_for_itself_is_named_once(client, invitation):
    company = CompanyFactory(partner__name="Northwind", name="Northwind")
    assert (
        client.get(page(make_invitation(company))).content.decode().count("<strong><bdi>Northwind</bdi></strong>") == 1
    )


def test_page_lists_only_unlocked_questions(client, company):
    values = locked_values(company)

    def announced(*names):
        prefill = Prefill(**{name: values[name][0] for name in names}, locked_fields=names)
        content = client.get(page(make_invitation(company, prefill=prefill))).content.decode()
        return [title for title in ("Your provider", "What it covers", "Your login") if f"<strong>{title}<" in content]

    assert announced() == ["Your provider", "What it covers", "Your login"]
    assert announced("datasource_id") == announced("url") == ["What it covers", "Your login"]
    assert announced("utility_types") == announced("initial_sites") == ["Your provider", "What it covers", "Your login"]
    assert announced("initial_sites", "utility_types") == ["Your provider", "Your login"]
    assert announced("url", "initial_sites", "utility_types") == ["Your login"]


NEEDED = "Your help is needed with a login"
NOTHING = "There is nothing to do at the moment"


# one of each kind; tests of the status cover the others
AT_REST = [Status.PENDING, Status.WEBSITE_DOWN, Status.CONNECTED]
STATES = [Status.PASSWORD_INCORRECT, *AT_REST]


@pytest.fixture
def company():
    return CompanyFactory(name="Riverside Bakeries", partner__name="Northwind Energy")


def standing(company, status):
    connection = make_connection(company, datasource=DatasourceFactory(name="Acme Water"))
    return connection if status == Status.PENDING else found(connection, Status(status))


@pytest.mark.parametrize("status", STATES)
def test_restricted_repair_says_whether_help_is_needed(client, company, status):
    invitation = create_repair_invitation(standing(company, status), by=SYSTEM, allowed_emails=[ANNA])
    content = read(client.get(page(invitation)))
    assert (NEEDED in content, NOTHING in content) == ((True, False) if status not in AT_REST else (False, True))
    assert "Verify your email address first" in content


def test_restricted_repair_hides_state_from_strangers(client, company):
    connection = standing(company, Status.PENDING)
    invitation = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA])
    pages = set()
    for status in OTHER_STATES:
        pages.add(client.get(page(invitation)).content)
        type(connection).objects.update(status=status)
    assert len(pages) == 1


@pytest.mark.parametrize("allowed", [[], [ANNA]], ids=["for anyone", "restricted"])
@pytest.mark.parametrize("status", STATES)
def test_repair_without_need_has_quiet_button(client, company, status, allowed):
    invitation = create_repair_invitation(standing(company, status), by=SYSTEM, allowed_emails=allowed)
    content = read(client.get(page(invitation)))
    where = page(invitation, "verify" if allowed else "connect")
    pressing = f'<a class="button" href="{where}">Continue</a>'
    quiet = f'<a class="button button--quiet" href="{where}">Give a new login</a>'
    assert (pressing in content, quiet in content) == (status not in AT_REST, status in AT_REST)


def test_personal_repair_link_has_quiet_button(client, company):
    connection = standing(company, Status.CONNECTED)
    create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA], send_email=True)
    content = read(client.get(f"/p/i/{PersonalLink.objects.get().token}"))
    assert '<button class="button button--quiet" type="submit">Give a new login as a•••@example.com</button>' in content


@pytest.mark.parametrize("status", [Status.PENDING, Status.CONNECTED, Status.PASSWORD_INCORRECT])
def test_restricted_repair_hides_provider_until_verified(client, company, status):
    connection = make_connection(company, datasource=DatasourceFactory(name="Acme Water"))
    if status != Status.PENDING:
        found(connection, status, contributor_message="The site said no.")
    invitation = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA], send_email=True)
    link = PersonalLink.objects.get()
    for token in (invitation.token, link.token):
        for name in ("", "/verify", "/connect", "/code", "/done", "/state"):
            content = client.get(f"/p/i/{token}{name}", follow=True).content.decode()
            for kept in ("Acme", connection.provider_host, "The site said no", str(STATUS_TEXTS[Status(status)].title)):
                assert kept not in content
    content = read(client.get(page(invitation)))
    assert "Verify your email address first" in content
    assert company.partner.name in content

    create_proof(client, invitation, ANNA)
    content = read(client.get(page(invitation)))
    assert "Acme Water" in content
    assert "Verify your email address first" not in content
