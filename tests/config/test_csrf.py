"""Forms as browsers really post them from a page that sends no Referer."""

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
    """The path of an open form and the token that stands in it."""
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
def test_a_form_of_ours_is_taken(browser, form, headers):
    assert post(browser, form, headers).status_code == 302
    assert Connection.objects.count() == 1


def test_the_withheld_origin_is_taken_over_https_too(settings):
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
def test_without_its_token_a_form_is_refused(browser, form, token):
    assert refused(post(browser, form, CHROMIUM, csrfmiddlewaretoken=token))


def test_without_its_cookie_a_form_is_refused(form):
    assert refused(post(Client(enforce_csrf_checks=True), form, CHROMIUM))


def test_with_the_token_of_another_browser_a_form_is_refused(browser, form):
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
def test_from_elsewhere_a_form_is_refused_with_its_token_too(browser, form, headers):
    assert refused(post(browser, form, headers))


def test_a_token_in_a_header_is_no_way_around_a_foreign_origin(browser, form):
    headers = {"X-CSRFToken": form[1], "Origin": "https://evil.example"}
    assert refused(post(browser, form, headers))


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(browser, form):
    cookie = browser.cookies["csrf"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
