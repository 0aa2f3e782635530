"""What holds for every page of a check, a correction and a repair."""

import re

import pytest
from django.test import Client

from companies.actors import SYSTEM
from invitations.services.invitations import create_repair_invitation
from tests.factories import make_invitation
from tests.invitations.answers import page
from tests.invitations.repairs import (
    found,
    login,
    read,
)
from tests.invitations.test_privacy import POLICY

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, max_uses=1)


def test_every_answer_is_private_and_strict(client, company, invitation, connected):
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
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex"
        assert set(response["Content-Security-Policy"].split("; ")) == POLICY
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", response.content.decode())


def test_a_forged_post_from_elsewhere_corrects_nothing(invitation):
    client = Client(enforce_csrf_checks=True)
    for name in ("correct", "connect", "accept_link"):
        assert client.post(page(invitation, name), login()).status_code == 403


@pytest.mark.parametrize("name", ["state", "done", "connect"])
def test_each_page_has_one_heading_of_the_first_order(client, invitation, connected, name):
    found(connected)
    to_repair = create_repair_invitation(connected, by=SYSTEM)
    content = read(client.get(page(to_repair if name == "connect" else invitation, name)))
    assert content.count("<h1") == 1
