"""Headers and content of every response under /p/i/."""

import re

import pytest
from django.test import Client

from companies.actors import SYSTEM
from invitations.models import Invitation
from invitations.models.tokens import new_token
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from tests.factories import make_invitation
from tests.invitations.answers import answers, page
from tests.invitations.repairs import found, login, read

pytestmark = pytest.mark.django_db


POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def opened(client, name=""):
    return client.get(page(make_invitation(), name))


def closed(client):
    return client.get(page(revoke_invitation(make_invitation(), by=SYSTEM)))


def restricted(client, name=""):
    return client.get(page(make_invitation(allowed_emails=["a@example.com"]), name))


def saved(client):
    return client.post(page(make_invitation(), "connect"), answers())


def guessed_too_often(client):
    for _ in range(60):
        client.get("/p/i/guess")
    return client.get("/p/i/guess")


ANSWERS = {
    "invitation": (200, opened),
    "connect": (200, lambda client: opened(client, "connect")),
    "done": (200, lambda client: opened(client, "done")),
    "providers": (200, lambda client: opened(client, "providers")),
    "verify": (200, lambda client: restricted(client, "verify")),
    "stopped at verify": (302, lambda client: restricted(client, "connect")),
    "saved": (302, saved),
    "form with errors": (200, lambda client: client.post(page(make_invitation(), "connect"), {})),
    "closed": (410, closed),
    "unknown": (404, lambda client: client.get(f"/p/i/{new_token()}")),
    "no such page": (404, lambda client: opened(client, "nothing")),
    "slash": (302, lambda client: client.get(page(make_invitation()) + "/")),
    "guessed": (429, guessed_too_often),
    "without token": (
        403,
        lambda client: Client(enforce_csrf_checks=True).post(page(make_invitation(), "connect"), answers()),
    ),
    "method": (405, lambda client: client.put(page(make_invitation()))),
    "posted where nothing acts": (405, lambda client: client.post(page(make_invitation(), "done"))),
    "host": (400, lambda client: client.get(page(make_invitation()), headers={"Host": "evil.example"})),
    "body too large": (
        413,
        lambda client: client.post(page(make_invitation(), "connect"), answers(password="x" * 300_000)),
    ),
}


def is_private(response):
    """True if caches, search engines, other sites and inline scripts are kept from the page."""
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert set(response["Content-Security-Policy"].split("; ")) == POLICY
    content = response.content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", content)
    assert not re.search(r"(src|action)=\"(https?:)?//|<link[^>]*href=\"(https?:)?//", content)


@pytest.mark.parametrize(("status", "request_page"), ANSWERS.values(), ids=ANSWERS)
def test_responses_are_private_and_strict(client, status, request_page):
    response = request_page(client)
    assert response.status_code == status
    is_private(response)


def test_server_error_is_private(client):
    client.raise_request_exception = False
    invitation = make_invitation()
    Invitation.objects.filter(pk=invitation.pk).update(prefill={"a row": "that no code of ours writes"})
    response = client.get(page(invitation, "connect"))
    assert response.status_code == 500
    is_private(response)


def test_repair_responses_are_private(client, company, invitation, connected):
    found(connected)
    to_repair = create_repair_invitation(connected, by=SYSTEM)
    for response in (
        client.get(page(invitation, "state")),
        Client().get(page(invitation, "state")),
        client.get(page(invitation, "done")),
        client.post(page(invitation, "correct"), login(username="")),
        client.post(page(invitation, "correct"), login()),
        client.get(page(to_repair)),
        client.get(page(to_repair, "connect")),
        client.post(page(to_repair, "connect"), login(password="")),
    ):
        is_private(response)


def test_forged_post_corrects_nothing(invitation, connected):
    client = Client(enforce_csrf_checks=True)
    for name in ("correct", "connect", "accept_link"):
        assert client.post(page(invitation, name), login()).status_code == 403


@pytest.mark.parametrize("name", ["state", "done", "connect"])
def test_page_has_one_main_heading(client, invitation, connected, name):
    found(connected)
    to_repair = create_repair_invitation(connected, by=SYSTEM)
    content = read(client.get(page(to_repair if name == "connect" else invitation, name)))
    assert content.count("<h1") == 1
