"""Links are found, counted and refused."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connections.models import Connection
from connections.models.status import Status
from invitations.models import Invitation, InvitationEvent
from invitations.models.tokens import new_token
from tests.invitations.answers import answers, page

pytestmark = pytest.mark.django_db


PAGES = ["", "verify", "connect", "done", "providers"]
MALFORMED = ["x", "x" * 42, "x" * 44, "x" * 42 + "!", "x" * 42 + "%00", "x" * 42 + "é", "%2e%2e", "x" * 5000]


def test_unknown_token_is_not_found(client, db):
    for name in PAGES:
        response = client.get(f"/p/i/{new_token()}" + (f"/{name}" if name else ""))
        assert response.status_code == 404
        assert "We cannot find this page" in response.content.decode()


def test_malformed_token_is_not_found(client, db):
    got = {token: client.get(f"/p/i/{token}").status_code for token in MALFORMED}
    got |= {f"{token} posted": client.post(f"/p/i/{token}/connect", answers()).status_code for token in MALFORMED}
    assert got == dict.fromkeys(got, 404)


def test_token_is_case_sensitive(client, invitation):
    assert client.get(f"/p/i/{invitation.token.swapcase()}").status_code == 404


def test_unknown_token_costs_same_query(client, invitation):
    look_ups = []
    for token in (invitation.token, new_token()):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/p/i/{token}/done")
        look_ups.append(captured[0]["sql"])
    assert all('"token_hash" = ' in look_up for look_up in look_ups)
    known, unknown = (look_up.split("WHERE")[0] for look_up in look_ups)
    assert known == unknown


def events(invitation, *types):
    return list(InvitationEvent.objects.filter(invitation=invitation, type__in=types))


def test_get_changes_only_last_view(client, invitation):
    before = Invitation.objects.values().get(pk=invitation.pk)
    for name in PAGES * 2:
        client.get(page(invitation, name), {"query": "berliner"})
    after = Invitation.objects.values().get(pk=invitation.pk)
    assert {name for name in before if before[name] != after[name]} == {"last_viewed_at"}
    assert [event.type for event in invitation.events.order_by("pk")] == ["CREATED", "VIEWED"]
    assert not Connection.objects.exists()


def test_get_of_repair_changes_only_last_view(client, broken, to_repair):
    for _ in range(2):
        for name in ("", "verify", "connect", "done", "state", "correct", "accept_link", "code"):
            client.get(page(to_repair, name))
            client.head(page(to_repair, name))
    assert [event.type for event in to_repair.events.order_by("pk")] == ["CREATED", "VIEWED", "FETCHED"]
    broken.refresh_from_db()
    to_repair.refresh_from_db()
    assert (broken.status, to_repair.use_count) == (Status.PASSWORD_INCORRECT, 0)


def test_other_methods_are_not_allowed(client, invitation):
    methods = ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
    cases = {(method, name) for method in methods for name in ("", "connect", "done", "providers")}
    cases.remove(("POST", "connect"))
    responses = {case: client.generic(case[0], page(invitation, case[1])) for case in cases}
    assert {case: response.status_code for case, response in responses.items()} == dict.fromkeys(cases, 405)
    assert all(response["Allow"].startswith("GET, HEAD") for response in responses.values())
    assert not events(invitation, "VIEWED")


def test_unknown_tokens_are_rate_limited(client, invitation):
    for number in range(60):
        guess = new_token() if number % 2 else "malformed"
        assert client.get(f"/p/i/{guess}").status_code == 404
    held_up = client.get(f"/p/i/{new_token()}")
    assert held_up.status_code == 429
    assert 3500 < int(held_up["Retry-After"]) <= 3600
    assert "Please wait a little" in held_up.content.decode()
    assert client.get(page(invitation)).status_code == 200
    assert Client(REMOTE_ADDR="192.0.2.7").get(f"/p/i/{new_token()}").status_code == 404


def test_forged_client_address_gives_no_guesses(client, db):
    answered = [
        client.get(f"/p/i/{new_token()}", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(61)
    ]
    assert answered == [404] * 60 + [429]


def test_forged_host_appears_nowhere(client, invitation, settings):
    settings.ALLOWED_HOSTS = ["*"]
    for name in PAGES:
        response = client.get(
            page(invitation, name), headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        )
        assert "evil.example" not in response.content.decode() + str(response.headers)
