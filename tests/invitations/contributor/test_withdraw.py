"""Withdraw the consent: by the link in the receipt, and in the browser that gave it."""

import pytest
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.models import Receipt, Use
from invitations.services.delivery.receipts import send_receipt
from invitations.services.invitations import rotate_invitation
from tests.invitations.answers import page, saved
from tests.invitations.repairs import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(client, invitation):
    return saved(client, invitation, owner_email="owner@example.com")


@pytest.fixture
def link(connection, mailoutbox):
    """The path in the receipt."""
    send_receipt(connection.use.pk)
    found = mailoutbox[-1].body.partition("http://")[2].split()[0]
    return f"/{found.partition('/')[2]}"


def state():
    return Connection.objects.get().status, Use.objects.get().withdrawn_at is not None


def test_receipt_asks_twice_and_ends_the_connection(link, invitation):
    rotate_invitation(invitation, by=SYSTEM)
    browser = Client()
    for path in (link, f"{link}/confirm"):
        assert 'method="post"' in read(browser.get(path)) or path == link
    assert state() == ("PENDING", False)
    assert browser.post(link).status_code == 405

    answer = browser.post(f"{link}/confirm")

    assert (answer.status_code, answer["Location"]) == (302, link)
    assert state() == ("DISABLED", True)
    assert "You have withdrawn your consent" in read(browser.get(link))
    assert browser.get(f"{link}/confirm")["Location"] == link
    assert browser.post(f"{link}/confirm").status_code == 302


def test_receipt_opens_nothing_else(link, connection):
    token = link.split("/")[3]
    content = read(Client().get(link))
    assert connection.provider_name in content
    assert "riverside" not in content
    assert "owner@example.com" not in content
    for word in ("", "/connect", "/verify", "/done", f"/done/{connection.use.pk}", "/decline"):
        assert Client().get(f"/p/i/{token}{word}").status_code == 404
    assert Client().get(f"{page(connection.use.invitation)}/withdraw").status_code == 404


def test_browser_that_gave_the_login_withdraws(client, connection, invitation):
    result = page(invitation, "done")
    assert f'href="{result}/withdraw"' in read(client.get(result))
    assert f"{result}/withdraw/confirm" in read(client.get(f"{result}/withdraw"))
    for path in (f"{result}/withdraw", f"{result}/withdraw/confirm"):
        assert Client().get(path)["Location"] == result
    assert Client().post(f"{result}/withdraw/confirm")["Location"] == result
    assert state() == ("PENDING", False)

    assert client.post(f"{result}/withdraw/confirm")["Location"] == f"{result}/withdraw"

    assert state() == ("DISABLED", True)
    # by a login that another person gave since
    Connection.objects.update(status="CONNECTED", contributor_message="for another person")
    shown = read(client.get(result))
    assert "You have withdrawn your consent" in shown
    assert not any(words in shown for words in ("for another person", "It works", "data-outcome"))
    assert f'href="{result}/withdraw"' not in shown
    assert not Receipt.objects.exists()
