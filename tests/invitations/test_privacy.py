"""What every answer under /p/i/ carries, so that a link stays with whoever has it."""

import re

import pytest
from django.test import Client

from companies.actors import SYSTEM
from invitations.models import Invitation
from invitations.models.tokens import new_token
from invitations.services.invitations import revoke_invitation
from tests.factories import make_invitation
from tests.invitations.answers import answers, page

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


@pytest.fixture(params=ANSWERS.values(), ids=ANSWERS)
def answer(request, client):
    status, ask = request.param
    response = ask(client)
    assert response.status_code == status
    return response


def test_no_answer_is_kept_or_indexed_or_tells_its_address(answer):
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"


def test_every_answer_has_the_strict_policy(answer):
    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_no_page_needs_what_the_policy_forbids(answer):
    content = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", content)
    assert not re.search(r"(src|action)=\"(https?:)?//|<link[^>]*href=\"(https?:)?//", content)


def test_an_error_of_ours_is_private_too(client):
    client.raise_request_exception = False
    invitation = make_invitation()
    Invitation.objects.filter(pk=invitation.pk).update(prefill={"a row": "that no code of ours writes"})
    response = client.get(page(invitation, "connect"))
    assert response.status_code == 500
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert set(response["Content-Security-Policy"].split("; ")) == POLICY
