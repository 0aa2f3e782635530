import logging

import pytest

from companies.login_throttle import PAIR_LIMIT, fingerprint
from tests.companies.authenticators import code_of, wrong_code
from tests.companies.second_factor.pages import PASSWORD, address, give, log_in, set_up_on_pages

CLIENT = "192.0.2.7"


@pytest.fixture
def lines(caplog):
    """Return (event, result, user, account, client) of the lines since the last call."""
    caplog.set_level(logging.INFO, "latchkey.staff")

    def read():
        records = [record for record in caplog.records if record.name == "latchkey.staff"]
        caplog.clear()
        assert all(record.client in record.getMessage() for record in records)
        return [(record.event, record.result, record.user, record.account, record.client) for record in records]

    return read


@pytest.fixture
def client(client):
    client.defaults["REMOTE_ADDR"] = CLIENT
    return client


@pytest.fixture
def hers(mary):
    return (str(mary.pk), fingerprint(mary.email), CLIENT)


def try_password(client, username, password="wrong"):
    return client.post(address("login"), {"username": username, "password": password})


def test_login_and_logout_are_logged(client, mary, hers, lines):
    log_in(client, mary)
    assert lines() == [("login", "passed", *hers)]

    client.get(address("index"))
    client.get(address("logout"))
    assert lines() == []

    client.post(address("logout"))
    assert lines() == [("logout", "passed", *hers)]
    client.post(address("logout"))
    assert lines() == []


def test_refused_login_logs_hash_only(client, mary, lines, caplog):
    for username in (mary.email, "nobody@example.com", "Their Password 1"):
        try_password(client, username)

        assert username not in caplog.text
        assert lines() == [("login", "refused", None, fingerprint(username), CLIENT)]


def test_locked_login_is_logged(client, mary, lines):
    for _ in range(PAIR_LIMIT):
        try_password(client, mary.email)
    lines()

    assert try_password(client, mary.email, PASSWORD).status_code == 429
    assert lines() == [("login", "refused", None, fingerprint(mary.email), CLIENT)]


def test_second_factor_is_logged(client, mary, factor, hers, lines):
    log_in(client, mary)
    lines()

    give(client, wrong_code(factor))
    assert lines() == [("second factor", "refused", *hers)]

    give(client, code_of(factor))
    assert lines() == [("second factor", "passed", *hers)]


def test_setup_is_logged(client, mary, hers, lines):
    log_in(client, mary)
    lines()

    set_up_on_pages(client)

    assert lines() == [("second factor", "passed", *hers)]
