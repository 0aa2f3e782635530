"""Request ids, the access log, and a database that is away."""

import json
import logging
import re
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests.config.serving import Served
from tests.factories import PartnerFactory, make_api_key, make_invitation
from tests.invitations.answers import answers, page


def returned_id(offered):
    return Client().get("/healthz", headers={"X-Request-Id": offered})["X-Request-Id"]


def test_plain_request_id_is_kept():
    for offered in ("0123abcd", "order-7781.retry_2", "x" * 64):
        assert returned_id(offered) == offered


def test_other_request_ids_are_replaced():
    for offered in (
        *("", "short", "x" * 65, "with spaces", "a" * 8 + "\n", "é" * 8),
        *("<script>alert</script>", "../../../etc/passwd", '{"a":1}'),
    ):
        assert re.fullmatch(r"[0-9a-f]{32}", returned_id(offered)), offered


def test_every_response_has_its_own_id(db):
    paths = ["/healthz", "/nothing", "/v2/nothing", "/v2/ping", "/p/i/nothing", "/static/nothing"]

    ids = [Client().get(path)["X-Request-Id"] for path in paths]

    assert len(set(ids)) == len(paths)


def test_problem_has_the_request_id(db):
    response = Client().get("/v2/ping", headers={"X-Request-Id": "caller-1234"})

    assert response.json()["requestId"] == response["X-Request-Id"] == "caller-1234"


def test_logged_path_is_encoded(db, caplog):
    with caplog.at_level(logging.INFO, "latchkey.access"):
        Client().get("/p/i/a%0A%E2%80%8Bb")

    (line,) = [record for record in caplog.records if record.name == "latchkey.access"]
    assert line.path == "/p/i/a%0A%E2%80%8Bb"


def test_request_is_logged_once(db, caplog):
    with caplog.at_level(logging.INFO, "latchkey.access"):
        Client().get("/v2/ping")

    (line,) = [record for record in caplog.records if record.name == "latchkey.access"]
    assert (line.method, line.path, line.status) == ("GET", "/v2/ping", 401)
    assert line.milliseconds >= 0


# --- a database that is away -------------------------------------------------------------------------------


@pytest.fixture
def endpoints(transactional_db) -> dict[str, Served]:
    """A path of the API and of a page, with the headers they need."""
    value = make_api_key(PartnerFactory())[1]
    return {"/v2/ping": {"X-API-KEY": value}, f"/p/i/{make_invitation().token}": {}}


def assert_unavailable(path: str, **headers: str) -> None:
    response = Served(path, **headers)
    assert response.status == 503
    assert response.headers["retry-after"] == "5"
    if path.startswith("/v2/"):
        assert response.headers["content-type"] == "application/problem+json"
        assert json.loads(response.body)["code"] == "UNAVAILABLE"
    else:
        assert response.headers["content-type"].startswith("text/html")
        assert response.headers["cache-control"] == "no-store"


def test_unreachable_database_is_503(endpoints, caplog):
    reachable = connection.settings_dict
    connection.close()
    connection.settings_dict = reachable | {"HOST": "/nowhere"}
    try:
        for path, headers in endpoints.items():
            assert_unavailable(path, **headers)
    finally:
        connection.settings_dict = reachable
    assert caplog.messages.count("the database does not respond: no connection") == len(endpoints)

    for path, headers in endpoints.items():
        assert Served(path, **headers).status == 200


def test_cut_connection_costs_no_request(endpoints):
    for path, headers in endpoints.items():
        assert Served(path, **headers).status == 200
        end_connection()
        assert Served(path, **headers).status == 200


def test_form_after_cut_connection_is_saved_once(transactional_db):
    invitation, form = make_invitation(max_uses=1), answers()
    path = page(invitation, "connect")
    assert Served(path).status == 200
    end_connection()
    first, again = (Served(path, form) for _ in range(2))
    assert (first.status, first.headers["location"]) == (302, page(invitation, "done"))
    assert (again.status, again.headers["location"], invitation.uses.count()) == (302, page(invitation, "done"), 1)


def end_connection() -> None:
    """End the connection on the server, as a restart of the database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    options: Any = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: options[name] for name in names if name in options}, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])  # waits until it has ended
