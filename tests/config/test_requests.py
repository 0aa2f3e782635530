"""What surrounds every request."""

import json
import logging
import re
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client, RequestFactory, override_settings

from config.http.client_address import client_address, client_network
from tests.config.serving import Served
from tests.factories import PartnerFactory, make_api_key, make_invitation


@pytest.mark.parametrize("offered", ["0123abcd", "order-7781.retry_2", "x" * 64])
def test_a_plain_id_of_the_callers_is_kept(offered):
    assert Client().get("/healthz", headers={"X-Request-Id": offered})["X-Request-Id"] == offered


@pytest.mark.parametrize(
    "offered",
    [
        "",
        "short",
        "x" * 65,
        "with spaces",
        "a" * 8 + "\n",
        "é" * 8,
        "<script>alert</script>",
        "../../../etc/passwd",
        '{"a":1}',
    ],
)
def test_any_other_is_replaced(offered):
    given = Client().get("/healthz", headers={"X-Request-Id": offered})["X-Request-Id"]

    assert re.fullmatch(r"[0-9a-f]{32}", given)


def test_every_answer_has_its_own_id_errors_too(db):
    paths = ["/healthz", "/nothing", "/v2/nothing", "/v2/ping", "/p/i/nothing", "/static/nothing"]

    ids = [Client().get(path)["X-Request-Id"] for path in paths]

    assert len(set(ids)) == len(paths)


def test_a_problem_tells_the_id_of_its_answer(db):
    answer = Client().get("/v2/ping", headers={"X-Request-Id": "caller-1234"})

    assert answer.json()["requestId"] == answer["X-Request-Id"] == "caller-1234"


def test_a_request_is_one_line_in_the_log(db, caplog):
    with caplog.at_level(logging.INFO, "latchkey.access"):
        Client().get("/v2/ping")

    (line,) = [record for record in caplog.records if record.name == "latchkey.access"]
    assert (line.method, line.path, line.status) == ("GET", "/v2/ping", 401)
    assert line.milliseconds >= 0


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.9"),
        (0, "1.1.1.1", "10.0.0.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, " , ", "10.0.0.9"),
    ],
)
def test_the_client_is_looked_for_past_the_trusted_proxies_and_not_one_more(proxies, forwarded, address):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory(REMOTE_ADDR="10.0.0.9").get("/", headers=headers)

    with override_settings(TRUSTED_PROXIES=proxies):
        assert client_address(request) == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_a_client_of_ipv6_is_counted_with_the_addresses_that_are_its_own(address, network):
    assert client_network(RequestFactory(REMOTE_ADDR=address).get("/")) == network


# --- a database that is away -------------------------------------------------------------------------------


@pytest.fixture
def doors(transactional_db) -> dict[str, Served]:
    """A path for each kind of caller, with what it takes to be let in."""
    value = make_api_key(PartnerFactory())[1]
    return {"/v2/ping": {"X-API-KEY": value}, f"/p/i/{make_invitation().token}": {}}


def refused_for_a_while(path: str, **headers: str) -> None:
    answer = Served(path, **headers)
    assert answer.status == 503
    assert answer.headers["retry-after"] == "5"
    if path.startswith("/v2/"):
        assert answer.headers["content-type"] == "application/problem+json"
        assert json.loads(answer.body)["code"] == "UNAVAILABLE"
    else:
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["cache-control"] == "no-store"


def test_while_it_cannot_be_reached_callers_are_told_to_come_back_and_then_served(doors):
    reachable = connection.settings_dict
    connection.close()
    connection.settings_dict = reachable | {"HOST": "/nowhere"}
    try:
        for path, headers in doors.items():
            refused_for_a_while(path, **headers)
    finally:
        connection.settings_dict = reachable

    for path, headers in doors.items():
        assert Served(path, **headers).status == 200


def test_a_connection_that_the_server_cut_costs_one_request_and_no_more(doors):
    for path, headers in doors.items():
        assert Served(path, **headers).status == 200
        cut_the_connection()
        refused_for_a_while(path, **headers)
        assert Served(path, **headers).status == 200


def cut_the_connection() -> None:
    """As a restart of the database does, and without a word to us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    options: Any = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: options[name] for name in names if name in options}, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
