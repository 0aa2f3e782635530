"""CSRF protection of pages whose browser tells or withholds the origin."""

import re

import pytest
from django.test import Client

from connections.models import Connection
from tests.factories import make_invitation
from tests.invitations.answers import answers, page

pytestmark = pytest.mark.django_db

CHROMIUM = {
    "Origin": "null",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def form(browser):
    """The path of an open form, and its token."""
    path = page(make_invitation(), "connect")
    content = browser.get(path).content.decode()
    return path, re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', content)[1]


def post(browser, form, headers, **changes):
    path, token = form
    return browser.post(path, answers(**{"csrfmiddlewaretoken": token} | changes), headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        CHROMIUM,
        {"Origin": "http://testserver"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
    ids=["origin withheld", "origin told, old browser", "origin told", "nothing told, plain http"],
)
def test_own_form_is_accepted(browser, form, headers):
    assert post(browser, form, headers).status_code == 302
    assert Connection.objects.count() == 1


def test_withheld_origin_is_accepted_over_https(settings):
    settings.CSRF_COOKIE_SECURE = True
    browser = Client(enforce_csrf_checks=True)
    path = page(make_invitation(), "connect")
    content = browser.get(path, secure=True).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', content)[1]
    sent = answers(csrfmiddlewaretoken=token)
    assert browser.post(path, sent, headers=CHROMIUM, secure=True).status_code == 302


def refused(response):
    content = response.content.decode()
    return response.status_code == 403 and "Please open the link again" in content and not Connection.objects.exists()


@pytest.mark.parametrize("token", [None, "", "x", "x" * 64])
def test_missing_token_is_rejected(browser, form, token):
    assert refused(post(browser, form, CHROMIUM, csrfmiddlewaretoken=token))


def test_missing_cookie_is_rejected(form):
    assert refused(post(Client(enforce_csrf_checks=True), form, CHROMIUM))


def test_token_of_another_browser_is_rejected(browser, form):
    stranger = Client(enforce_csrf_checks=True)
    stranger.get(form[0])
    assert refused(post(stranger, form, CHROMIUM))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver:81"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin, cross-site"},
        {"Origin": "NULL", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_foreign_origin_is_rejected_despite_token(browser, form, headers):
    assert refused(post(browser, form, headers))


def test_header_token_does_not_allow_foreign_origin(browser, form):
    headers = {"X-CSRFToken": form[1], "Origin": "https://evil.example"}
    assert refused(post(browser, form, headers))


def test_cookie_is_httponly_and_samesite(browser, form):
    cookie = browser.cookies["csrf"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
