"""The page that stops reminders, and the one-click request of mail programs (RFC 8058)."""

import pytest
from django.test import Client
from django.urls import reverse

from invitations.contributor import request
from invitations.contributor import unsubscribe as page
from invitations.models import ReminderSubscription
from invitations.services.reminders.subscriptions import ensure_subscriptions
from tests.invitations.services.delivery.mails import ANNA, mailed

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def subscription(company):
    return next(iter(ensure_subscriptions(list(mailed(ANNA, company=company).deliveries.all())).values()))


@pytest.fixture
def url(subscription):
    return reverse("unsubscribe", args=[subscription.token])


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True)


def is_unsubscribed():
    return ReminderSubscription.objects.get().unsubscribed_at is not None


def words(response):
    return " ".join(response.content.decode().split())


def test_one_click_stops_reminders(client, url, company):
    response = client.post(url, ONE_CLICK, content_type=FORM, headers={"Origin": "https://mail.example"})
    assert (response.status_code, is_unsubscribed(), client.cookies) == (200, True, {})
    at = ReminderSubscription.objects.get().unsubscribed_at
    assert f"<bdi>{company.partner.name}</bdi> sends you no more reminders" in words(response)
    client.post(url, {"List-Unsubscribe": "One-Click"})  # multipart, and again
    assert ReminderSubscription.objects.get().unsubscribed_at == at


def test_get_changes_nothing(client, url, company):
    for method in (client.get, client.head, client.options, client.put):
        method(url)
    assert not is_unsubscribed()
    response = client.get(url, headers={"Sec-Fetch-Dest": "document"})
    assert f"Stop reminders from <bdi>{company.partner.name}</bdi>?" in words(response)
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex")


def test_chosen_language_is_remembered(client, url):
    client.get(url, {"language": "de"})

    assert client.get(url).headers["Content-Language"] == "de"


def test_visitor_gets_reminders_again(client, url):
    client.post(url)
    assert is_unsubscribed()
    assert "You get reminders again." in words(client.post(url, {"again": ""}))
    assert not is_unsubscribed()


def test_unknown_token_is_limited(client, url, subscription, monkeypatch):
    monkeypatch.setattr(request, "UNKNOWN_TOKENS_PER_HOUR", 5)
    for token in ("x", "y" * 43, subscription.token[:-1]):
        assert client.post(reverse("unsubscribe", args=[token])).status_code == 404
    statuses = [client.get(reverse("unsubscribe", args=["z" * 43])).status_code for _ in range(3)]
    assert statuses == [404, 404, 429]
    assert client.get(url).status_code == 200
    assert not is_unsubscribed()


def test_changes_are_limited(client, url, monkeypatch):
    monkeypatch.setattr(page, "CHANGES_PER_HOUR", 1)
    responses = [client.post(url) for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 429]
    assert int(responses[-1]["Retry-After"]) > 3000
