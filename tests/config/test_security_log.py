"""Suspicious requests are logged as one line of warning, without traceback."""

import json
import logging

import pytest
from django.test import Client

from config.redaction import JSONFormatter, SecurityLogFilter


class Kept(logging.Handler):
    """Keep each line of the production log."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JSONFormatter())
        self.addFilter(SecurityLogFilter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log():
    kept, root = Kept(), logging.getLogger()
    root.addHandler(kept)
    yield kept.lines
    root.removeHandler(kept)


REQUESTS = {
    "too many fields": lambda client: client.post("/admin/login/", {f"f{n}": "" for n in range(11_001)}),
    "too large": lambda client: client.post("/admin/login/", {"username": "x" * 600 * 1024}),
    "another host": lambda client: client.get("/admin/login/", headers={"Host": "evil.example"}),
    "too many parameters": lambda client: client.get("/v2/ping?" + "&".join(f"f{n}" for n in range(1001))),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_suspicious_request_logs_no_error(db, log, name):
    assert REQUESTS[name](Client()).status_code in {400, 401, 413}

    lines = [json.loads(line) for line in log]
    assert {line["level"] for line in lines} <= {"INFO", "WARNING"}
    assert not any("\n" in line or "Traceback" in line for line in log)


def test_console_uses_the_filter(settings):
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["security"]
    assert settings.LOGGING["filters"]["security"] == {"()": "config.redaction.SecurityLogFilter"}


def test_own_error_keeps_its_traceback(log):
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("django.request").exception("ours")

    (line,) = [json.loads(line) for line in log]
    assert line["level"] == "ERROR"
    assert "ZeroDivisionError" in line["exc_info"]
