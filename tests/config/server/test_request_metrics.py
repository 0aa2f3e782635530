"""Metrics of requests: routes and known methods, never a path."""

import asyncio
from typing import NamedTuple

import pytest
from django.test import Client

from config.http.routes import ROUTE, route_of
from config.server.request_metrics import count_given_up, measured
from tests.counting import counted

__all__ = ["counted"]


class Answer(NamedTuple):
    status: int


def environ(path, method="GET", route=None):
    return {"PATH_INFO": path, "REQUEST_METHOD": method} | ({ROUTE: route} if route else {})


def test_requests_are_counted_by_route(counted):
    requests = [
        (environ("/p/i/secret", route="/p/i/<str:token>"), 200),
        (environ("/v2/ping", "BREW", "/v2/ping"), 401),
        (environ("/readyz"), 503),
        (environ("/static/css/base.css"), 200),
        (environ("/wp-admin/secret", "POST"), 413),
    ]

    async def answer(environ, seconds):
        assert counted["http_requests_in_progress"] == {(): 1}
        return Answer(int(seconds))

    for each, status in requests:
        asyncio.run(measured(answer)(each, status))

    assert counted["http_requests_total"] == {
        ("/p/i/<str:token>", "GET", "200"): 1,
        ("/v2/ping", "other", "401"): 1,
        ("/readyz", "GET", "503"): 1,
        ("static", "GET", "200"): 1,
        ("none", "POST", "413"): 1,
    }
    assert counted["http_request_duration_seconds_count"]["none", "POST"] == 1
    assert counted["http_requests_in_progress"] == {}


def test_broken_request_is_not_in_progress(counted):
    async def answer(environ, seconds):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        asyncio.run(measured(answer)(environ("/"), 1))

    assert counted["http_requests_in_progress"] == {}


def test_request_given_up_is_counted(counted):
    count_given_up(environ("/v2/x", route="/v2/<str:x>"))

    assert counted["http_requests_given_up_total"] == {"/v2/<str:x>": 1}


def test_route_is_noted_with_metrics_only(settings):
    assert ROUTE not in Client().get("/v2/ping").wsgi_request.META
    settings.METRICS_PORT = 9100
    noted = Client().get("/v2/ping").wsgi_request.META

    assert route_of(noted) == "/v2/ping"
