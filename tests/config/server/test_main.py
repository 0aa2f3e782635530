"""Start of the web server."""

import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from granian.constants import HTTPModes

from config.server import __main__ as program


@pytest.fixture
def started(monkeypatch):
    """Arguments with which granian was started."""
    calls = {}

    class Recorder:
        def __init__(self, target, **options):
            calls.update(options, target=target)

        def serve(self):
            calls["served"] = True

    monkeypatch.setattr(program, "Server", Recorder)
    monkeypatch.setattr(sys, "argv", ["server", "--port", "8123"])
    return calls


def test_server_is_started_with_deadlines(started):
    assert program.main() == 0

    assert (started["served"], started["port"], started["http"]) == (True, 8123, HTTPModes.http1)
    # longer than proxies keep a connection
    assert started["http1_settings"].header_read_timeout > 60_000
    assert started["respawn_failed_workers"]


def test_bad_setting_stops_the_start(started, monkeypatch, capsys):
    class Bad:
        METRICS_PORT = 0

        @property
        def WEB_WORKERS(self):
            raise ImproperlyConfigured("WEB_WORKERS must be a number.")

    monkeypatch.setattr(program, "settings", Bad())

    assert program.main() == 1
    assert capsys.readouterr().err == "WEB_WORKERS must be a number.\n"
    assert "served" not in started
