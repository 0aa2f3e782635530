"""What a stranger does wrong is a line of warning, and no error with a traceback that somebody has to look at."""

import json
import logging

import pytest
from django.test import Client

from config.redaction import JSONFormatter, SecurityLogFilter


class Kept(logging.Handler):
    """Keeps each record as the console would write it in production."""

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


FORMS = {
    "too many fields": lambda client: client.post("/admin/login/", {f"f{n}": "" for n in range(1001)}),
    "too large": lambda client: client.post("/admin/login/", {"username": "x" * 600 * 1024}),
    "another host": lambda client: client.get("/admin/login/", headers={"Host": "evil.example"}),
    "too many parameters": lambda client: client.get("/v2/ping?" + "&".join(f"f{n}" for n in range(1001))),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_writes_no_error_and_no_traceback(db, log, form):
    assert FORMS[form](Client()).status_code in {400, 401, 413}

    lines = [json.loads(line) for line in log]
    assert {line["level"] for line in lines} <= {"INFO", "WARNING"}
    assert not any("\n" in line or "Traceback" in line for line in log)


def test_it_is_the_console_that_leaves_it_out(settings):
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["security"]
    assert settings.LOGGING["filters"]["security"] == {"()": "config.redaction.SecurityLogFilter"}


def test_an_error_of_ours_keeps_its_traceback(log):
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("django.request").exception("ours")

    (line,) = [json.loads(line) for line in log]
    assert line["level"] == "ERROR"
    assert "ZeroDivisionError" in line["exc_info"]
