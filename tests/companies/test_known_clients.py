"""Browsers and networks that logged in before keep their own tries, however many strangers guess."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from companies.known_clients import forget_old_networks
from companies.login_throttle import ACCOUNT_LIMIT, NETWORK_LIMIT, PAIR_LIMIT, fingerprint, is_locked, unlock
from companies.models import KNOWN_FOR, KnownNetwork
from tests.companies.authenticators import code_of
from tests.companies.login_attempts import guess, log_in
from tests.companies.second_factor.pages import PASSWORD, give
from tests.factories import UserFactory

HOME, ABROAD, ELSEWHERE = "192.0.2.1", "203.0.113.9", "198.51.100.7"
COOKIE = "staff-device"


@pytest.fixture
def browser():
    return Client()


@pytest.fixture
def known(mary, browser):
    """A browser that has logged in from HOME and out again."""
    assert log_in(mary.email, PASSWORD, client=browser).status_code == 302
    browser.post("/admin/logout/")
    return browser


def fill(failures, *, email=None, address=ELSEWHERE):
    """Record failures of strangers: of the account, or else of the network."""
    username = fingerprint(email) if email else "another account"
    AccessAttempt.objects.create(
        username=username, ip_address=address, failures_since_start=failures, attempt_time=timezone.now()
    )


def test_strangers_cannot_lock_known_clients(mary, known):
    fill(ACCOUNT_LIMIT, email=mary.email)
    fill(NETWORK_LIMIT, address=HOME)
    fill(NETWORK_LIMIT, address=ABROAD)
    tries = {
        "known network": log_in(mary.email, PASSWORD),
        "known browser": log_in(mary.email, PASSWORD, address=ABROAD, client=known),
        "stranger": log_in(mary.email, PASSWORD, address="203.0.113.10"),
    }

    assert {name: answer.status_code for name, answer in tries.items()} == {
        "known network": 302,
        "known browser": 302,
        "stranger": 429,
    }


def test_known_browser_has_five_tries(mary, known):
    tries = [
        log_in(mary.email, address=f"203.0.113.{number}", client=known).status_code for number in range(PAIR_LIMIT)
    ]

    assert tries == [200] * (PAIR_LIMIT - 1) + [429]
    assert log_in(mary.email, PASSWORD, client=known).status_code == 429
    assert is_locked(mary.email)
    assert log_in(mary.email, PASSWORD, address=ELSEWHERE).status_code == 302
    unlock(mary.email)
    assert log_in(mary.email, PASSWORD, client=known).status_code == 302


def test_known_network_has_five_tries(mary, known):
    assert guess(mary.email, PAIR_LIMIT + 1) == [200] * (PAIR_LIMIT - 1) + [429] * 2


def test_network_is_known_for_one_account(mary, known):
    other = UserFactory(password=PASSWORD)
    fill(ACCOUNT_LIMIT, email=other.email)

    assert log_in(other.email, PASSWORD, client=known).status_code == 429


def test_forged_and_old_cookies_are_strangers(mary, known):
    genuine = known.cookies[COOKIE].value
    fill(ACCOUNT_LIMIT, email=mary.email)
    KnownNetwork.objects.all().delete()

    def status(value):
        client = Client()
        client.cookies[COOKIE] = value
        return log_in(mary.email, PASSWORD, client=client).status_code

    forged = ["", "x", genuine[:-1], genuine + "a", "W10:1:1"]
    assert {value: status(value) for value in forged} == dict.fromkeys(forged, 429)
    assert status(genuine) == 302


def test_client_is_known_after_second_factor(mary, factor, browser):
    log_in(mary.email, PASSWORD, client=browser)
    assert (COOKIE in browser.cookies, KnownNetwork.objects.exists()) == (False, False)
    give(browser, code_of(factor))

    cookie = browser.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert KnownNetwork.objects.get().user == mary
    assert len(str(cookie.value)) < 250


def test_stored_network_is_no_address(mary, known):
    assert HOME not in str(KnownNetwork.objects.values().get())


def test_networks_are_forgotten(mary, known):
    assert forget_old_networks() == 0
    KnownNetwork.objects.update(last_login_at=timezone.now() - KNOWN_FOR - timedelta(minutes=1))
    fill(ACCOUNT_LIMIT, email=mary.email)

    assert log_in(mary.email, PASSWORD).status_code == 429
    assert forget_old_networks() == 1
