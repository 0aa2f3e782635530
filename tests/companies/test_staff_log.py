"""Who came in, tried to and left stands in the log of the process, with where from."""

import logging

import pytest

from companies.login_throttle import AT_ACCOUNT_FROM_ADDRESS, fingerprint
from tests.companies.authenticators import code_of, wrong_code
from tests.companies.second_factor.pages import PASSWORD, address, give, log_in, set_up_on_pages

HOME = "192.0.2.7"


@pytest.fixture
def lines(caplog):
    """What was logged since the last look: what happened, how it went and whose it was."""
    caplog.set_level(logging.INFO, "latchkey.staff")

    def read():
        records = [record for record in caplog.records if record.name == "latchkey.staff"]
        caplog.clear()
        assert all(record.client in record.getMessage() for record in records)
        return [(record.event, record.result, record.user, record.account, record.client) for record in records]

    return read


@pytest.fixture
def client(client):
    client.defaults["REMOTE_ADDR"] = HOME
    return client


def try_password(client, username, password="wrong"):
    return client.post(address("login"), {"username": username, "password": password})


def test_coming_in_and_leaving(client, mary, lines):
    hers = (str(mary.pk), fingerprint(mary.email), HOME)

    log_in(client, mary)
    assert lines() == [("login", "passed", *hers)]

    client.get(address("index"))
    client.get(address("logout"))
    assert lines() == []

    client.post(address("logout"))
    assert lines() == [("logout", "passed", *hers)]
    client.post(address("logout"))
    assert lines() == []


@pytest.mark.parametrize("username", ["mary@example.com", "nobody@example.com", "Their Password 1"])
def test_a_wrong_password_is_told_of_the_account_and_not_what_was_typed(client, mary, lines, caplog, username):
    try_password(client, username)

    assert username not in caplog.text
    assert lines() == [("login", "refused", None, fingerprint(username), HOME)]


def test_whoever_is_locked_out_is_still_told_of(client, mary, lines):
    for _ in range(AT_ACCOUNT_FROM_ADDRESS):
        try_password(client, mary.email)
    lines()

    assert try_password(client, mary.email, PASSWORD).status_code == 429
    assert lines() == [("login", "refused", None, fingerprint(mary.email), HOME)]


def test_the_second_factor(client, mary, factor, lines):
    hers = (str(mary.pk), fingerprint(mary.email), HOME)
    log_in(client, mary)
    lines()

    give(client, wrong_code(factor))
    assert lines() == [("second factor", "refused", *hers)]

    give(client, code_of(factor))
    assert lines() == [("second factor", "passed", *hers)]


def test_setting_one_up_passes_it(client, mary, lines):
    log_in(client, mary)
    lines()

    set_up_on_pages(client)

    assert lines() == [("second factor", "passed", str(mary.pk), fingerprint(mary.email), HOME)]
