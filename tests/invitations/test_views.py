"""The contributor's pages: who may see what, what a visit changes, and what every answer carries."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.models import Invitation, InvitationEvent
from invitations.models.tokens import new_token
from invitations.services.invitations import revoke_invitation
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import answers, page

pytestmark = pytest.mark.django_db

PAGES = ["", "verify", "connect", "done", "providers"]
MALFORMED = ["x", "x" * 42, "x" * 44, "x" * 42 + "!", "x" * 42 + "%00", "x" * 42 + "é", "%2e%2e", "x" * 5000]


@pytest.fixture
def invitation(company):
    return make_invitation(company)


def revoked(invitation):
    revoke_invitation(invitation, by=SYSTEM)


def fulfilled(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=1, use_count=1)


def expired(invitation):
    now = timezone.now()
    Invitation.objects.filter(pk=invitation.pk).update(
        created_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )


# --- the first page ---------------------------------------------------------------------------------------


def test_the_page_says_who_asks_for_which_company_and_what_for(client, invitation):
    content = client.get(page(invitation)).content.decode()
    assert invitation.company.partner.name in content
    assert invitation.company.name in content
    assert "What happens with your password" in content
    assert f'href="{page(invitation, "connect")}"' in content


def test_the_page_says_until_when_with_the_time_zone(client, invitation):
    moment = datetime(2126, 3, 1, 9, 5, tzinfo=UTC)
    Invitation.objects.filter(pk=invitation.pk).update(updated_at=moment, expires_at=moment)
    content = client.get(page(invitation)).content.decode()
    assert "Friday 1 March 2126, 09:05" in content
    assert "Time zone: UTC" in content
    assert 'datetime="2126-03-01T09:05:00+00:00"' in content


def test_the_page_says_that_there_is_no_end_date(client, invitation):
    assert "No end date" in client.get(page(invitation)).content.decode()


@pytest.mark.parametrize(
    ("max_uses", "use_count", "words"), [(3, 1, "2 more accounts"), (3, 2, "1 more account </dd>")]
)
def test_the_page_says_how_often_the_link_may_be_used(client, invitation, max_uses, use_count, words):
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=max_uses, use_count=use_count)
    assert words in " ".join(client.get(page(invitation)).content.decode().split())


def test_the_message_is_shown_as_text_with_its_lines(client, company):
    invitation = make_invitation(company, message="Dear <b>Ana</b>,\nplease & thank you\n\nBo")
    content = client.get(page(invitation)).content.decode()
    assert "<p>Dear &lt;b&gt;Ana&lt;/b&gt;,<br>please &amp; thank you</p>" in content


# --- links that lead nowhere ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_an_unknown_token_is_not_found(client, db, name):
    response = client.get(f"/p/i/{new_token()}" + (f"/{name}" if name else ""))
    assert response.status_code == 404
    assert "We cannot find this page" in response.content.decode()


@pytest.mark.parametrize("token", MALFORMED)
def test_a_malformed_token_is_not_found(client, db, token):
    assert client.get(f"/p/i/{token}").status_code == 404
    assert client.post(f"/p/i/{token}/connect", answers()).status_code == 404


def test_a_token_is_compared_letter_by_letter(client, invitation):
    assert client.get(f"/p/i/{invitation.token.swapcase()}").status_code == 404


def test_an_unknown_token_goes_through_the_same_look_up(client, invitation):
    look_ups = []
    for token in (invitation.token, new_token()):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/p/i/{token}/done")
        look_ups.append(captured[0]["sql"])
    assert all('"token_hash" = ' in look_up for look_up in look_ups)
    known, unknown = (look_up.split("WHERE")[0] for look_up in look_ups)
    assert known == unknown


CLOSED = {
    "REVOKED": (revoked, "This invitation was withdrawn"),
    "FULFILLED": (fulfilled, "This invitation has been used"),
    "EXPIRED": (expired, "This invitation has expired"),
}


@pytest.mark.parametrize("name", ["", "verify", "connect"])
@pytest.mark.parametrize(("close", "words"), CLOSED.values(), ids=CLOSED)
def test_a_closed_link_is_gone_in_its_own_words(client, invitation, close, words, name):
    close(invitation)
    response = client.get(page(invitation, name))
    content = response.content.decode()
    assert response.status_code == 410
    assert [each for _, each in CLOSED.values() if each in content] == [words]
    assert invitation.company.partner.name in content
    assert "for a new invitation" in content


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([expired, fulfilled, revoked], "This invitation was withdrawn"),
        ([expired, fulfilled], "This invitation has been used"),
    ],
)
def test_of_several_reasons_the_first_that_applies_is_told(client, invitation, states, words):
    for close in states:
        close(invitation)
    assert words in client.get(page(invitation)).content.decode()


@pytest.mark.parametrize("close", [revoked, fulfilled, expired])
def test_a_closed_link_suggests_no_providers_and_logs_no_visit(client, invitation, close):
    DatasourceFactory(name="Berliner Wasser")
    close(invitation)
    assert client.get(page(invitation, "providers"), {"query": "berliner"}).status_code == 410
    client.get(page(invitation))
    assert not events(invitation, "VIEWED")


# --- GET shows, POST acts ---------------------------------------------------------------------------------


def events(invitation, *types):
    return list(InvitationEvent.objects.filter(invitation=invitation, type__in=types))


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing_but_that_it_was_opened(client, invitation, method):
    before = Invitation.objects.values().get(pk=invitation.pk)
    for name in PAGES * 2:
        getattr(client, method)(page(invitation, name), {"query": "berliner"})
    after = Invitation.objects.values().get(pk=invitation.pk)
    assert {name for name in before if before[name] != after[name]} == {"last_viewed_at"}
    assert [event.type for event in invitation.events.order_by("pk")] == ["CREATED", "VIEWED"]
    assert not Connection.objects.exists()


def test_a_visit_is_logged_once_in_ten_minutes(client, invitation):
    for minutes_ago, visits in [(0, 1), (9, 1), (11, 2)]:
        seen = timezone.now() - timedelta(minutes=minutes_ago)
        Invitation.objects.filter(pk=invitation.pk, last_viewed_at__isnull=False).update(last_viewed_at=seen)
        client.get(page(invitation))
        assert len(events(invitation, "VIEWED")) == visits


def test_a_visit_is_the_contributors(client, invitation):
    client.get(page(invitation))
    (event,) = events(invitation, "VIEWED")
    assert (event.actor, event.email) == ("CONTRIBUTOR", None)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("name", ["", "connect", "done", "providers"])
def test_no_other_method_is_answered(client, invitation, method, name):
    if (name, method) == ("connect", "POST"):
        pytest.skip("the one that acts")
    response = client.generic(method, page(invitation, name))
    assert response.status_code == 405
    assert response["Allow"].startswith("GET, HEAD")
    assert not events(invitation, "VIEWED")


@pytest.mark.parametrize("name", ["verify", "connect"])
def test_who_opens_a_later_page_first_has_opened_it_too(client, name):
    invitation = make_invitation(allowed_emails=["anna@example.com"] if name == "verify" else [])
    for _ in range(2):
        assert client.get(page(invitation, name)).status_code == 200
    assert len(events(invitation, "VIEWED")) == 1


def test_a_form_that_comes_back_was_not_opened_by_that(client, invitation):
    assert client.post(page(invitation, "connect"), {}).status_code == 200
    assert not events(invitation, "VIEWED")


def test_the_form_costs_as_many_queries_for_thirty_places_as_for_one(client, invitation, django_assert_num_queries):
    SiteFactory(company=invitation.company)
    client.get(page(invitation, "connect"))
    with CaptureQueriesContext(connection) as one:
        client.get(page(invitation, "connect"))
    SiteFactory.create_batch(29, company=invitation.company)

    with django_assert_num_queries(len(one)):
        assert client.get(page(invitation, "connect")).status_code == 200


# --- guessing ---------------------------------------------------------------------------------------------


def test_the_61st_guess_from_one_address_has_to_wait_while_a_right_link_opens(client, invitation):
    for number in range(60):
        guess = new_token() if number % 2 else "malformed"
        assert client.get(f"/p/i/{guess}").status_code == 404
    held_up = client.get(f"/p/i/{new_token()}")
    assert held_up.status_code == 429
    assert 3500 < int(held_up["Retry-After"]) <= 3600
    assert "Please wait a little" in held_up.content.decode()
    assert client.get(page(invitation)).status_code == 200
    assert Client(REMOTE_ADDR="192.0.2.7").get(f"/p/i/{new_token()}").status_code == 404


def test_a_forged_header_gives_no_fresh_guesses(client, db):
    answered = [
        client.get(f"/p/i/{new_token()}", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(61)
    ]
    assert answered == [404] * 60 + [429]


# --- suggestions ------------------------------------------------------------------------------------------


def test_providers_are_suggested_by_their_beginning(client, invitation):
    known = DatasourceFactory(name="Hydro-Québec", country="CA", login_url="https://session.hydro.example/login")
    DatasourceFactory(name="Berliner Wasser")
    response = client.get(page(invitation, "providers"), {"query": "hydro que"})
    assert response.json() == {
        "datasources": [
            {
                "id": str(known.pk),
                "name": "Hydro-Québec",
                "host": "session.hydro.example",
                "country": "CA",
                "asksFor": [],
            }
        ]
    }


@pytest.mark.parametrize("query", ["ritish", "britsh colum"])
def test_they_are_suggested_by_the_inside_of_a_word_and_misspelt(client, invitation, query):
    known = DatasourceFactory(name="British Columbia Hydro")
    (said,) = client.get(page(invitation, "providers"), {"query": query}).json()["datasources"]
    assert said["id"] == str(known.pk)


@pytest.mark.parametrize("query", ["", "   ", "\x00", "x" * 10_000, "'&|!:*()", "\\"])
def test_nothing_is_suggested_where_nothing_was_asked(client, invitation, query):
    DatasourceFactory(name="Berliner Wasser")
    response = client.get(page(invitation, "providers"), {"query": query})
    assert (response.status_code, response.json()) == (200, {"datasources": []})


def test_at_most_eight_are_suggested(client, invitation):
    for number in range(9):
        DatasourceFactory(name=f"Same beginning {number}")
    suggested = client.get(page(invitation, "providers"), {"query": "same"}).json()["datasources"]
    assert len(suggested) == 8


# --- links are built from a setting -----------------------------------------------------------------------


def test_a_forged_host_appears_on_no_page(client, invitation, settings):
    settings.ALLOWED_HOSTS = ["*"]
    for name in PAGES:
        response = client.get(
            page(invitation, name), headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        )
        assert "evil.example" not in response.content.decode() + str(response.headers)


def test_a_company_that_asks_for_itself_is_named_once(client, invitation):
    company = CompanyFactory(partner__name="Northwind", name="Northwind")
    assert client.get(page(make_invitation(company))).content.decode().count("<strong>Northwind</strong>") == 1
