"""Redaction of logs and error reports."""

import hashlib
import json
import logging
import sys
import time
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.views.debug import get_exception_reporter_class

from config.redaction import JSONFormatter, PlainFormatter, redact, redact_line
from config.request_id import request_id
from tests.factories import make_invitation
from tests.invitations.answers import PASSWORD, answers, page

# computed, because an error report shows lines of this file
TOKEN = hashlib.sha256(b"token").hexdigest()[:43]
KEY = f"lk_4f0c21aa_{hashlib.sha256(b'key').hexdigest()[:43]}"
TYPED = hashlib.sha256(b"typed").hexdigest()


def boom(request: HttpRequest, token: str = "") -> HttpResponse:
    typed = request.body.decode() if request.content_type == "application/json" else request.POST.get("password")
    raise RuntimeError(f"broken at {request.path} for {request.headers.get('X-API-KEY')}, {bool(typed)}")


urlpatterns = [path("p/i/<str:token>/connect", boom), path("v2/boom", boom)]
handler500 = "config.http.error_pages.server_error"


def test_tokens_and_keys_are_redacted():
    for text, redacted in (
        (f"GET /p/i/{TOKEN} 200", "GET /p/i/[redacted] 200"),
        (f"GET /p/i/{TOKEN}/connect 200", "GET /p/i/[redacted]/connect 200"),
        (f"GET /p/unsubscribe/{TOKEN[:-1]} 404", "GET /p/unsubscribe/[redacted] 404"),
        (f"https://x.example/p/i/{TOKEN}?a=b", "https://x.example/p/i/[redacted]?a=b"),
        (f"next=%2Fp%2Fi%2F{TOKEN}%2Fconnect", "next=%2Fp%2Fi%2F[redacted]"),
        (f"next=%2fp%2fi%2f{TOKEN}", "next=%2fp%2fi%2f[redacted]"),
        (f'{{"url":"/p/i/{TOKEN}"}}', '{"url":"/p/i/[redacted]"}'),
        (f"key {KEY}.", "key lk_[redacted]."),
        (f"'{KEY}' and {KEY}", "'lk_[redacted]' and lk_[redacted]"),
        (f"key {KEY.replace('lk_', 'lk_test_')}.", "key lk_[redacted]."),
        ("lk_4f0c21aa is a prefix", "lk_4f0c21aa is a prefix"),
        ("lk_test_4f0c21aa is a prefix", "lk_test_4f0c21aa is a prefix"),
        (f"GET /admin/invitations/invitation/?q={TOKEN} 302", "GET /admin/invitations/invitation/?q=[redacted] 302"),
        (f"{{'q': ['{TOKEN}']}}", "{'q': ['[redacted]']}"),
        (f"{TOKEN}x", f"{TOKEN}x"),
        ("talk_about_it", "talk_about_it"),
        ("test_this_name_has_forty_three_letters_only", "test_this_name_has_forty_three_letters_only"),
        ("/p/invoices/7", "/p/invoices/7"),
        ("", ""),
    ):
        assert redact(text) == redacted


def test_lines_have_no_email_addresses():
    for line, redacted in (
        ("550 <anna@example.com> is full", "550 <[address]> is full"),
        ("for 'Anna.B+tag@bücher.example':", "for '[address]':"),
        ("anna@localhost, ben@example.org.", "[address], [address]"),
        ("/admin/?q=anna%40example.com&page=2", "/admin/?q=[address]&page=2"),
        ('{"to":"anna@example.com","n":1}', '{"to":"[address]","n":1}'),
        ("mailto:anna@example.com", "mailto:[address]"),
        ("@receiver(tracking) in line 3", "@receiver(tracking) in line 3"),
        ("5 @ 3", "5 @ 3"),
        ("q=anna@example.com&ben@example.org/x@", "q=[address][address]/x@"),
        (f"/p/i/{TOKEN} for anna@example.com", "/p/i/[redacted] for [address]"),
        (r'{"path":"/x/\u0010a@example.com\\n"}', r'{"path":"/x/\u0010[address]\\n"}'),  # still JSON
    ):
        assert redact_line(line) == redacted


def test_redact_keeps_email_addresses():
    assert redact("550 <anna@example.com> is full") == "550 <anna@example.com> is full"


def test_redaction_takes_linear_time():
    def once(length):
        started = time.process_time()
        redact_line("x" * length + " @ " + "%40" * length + "/a" * length + "@")
        return time.process_time() - started

    def seconds(length):
        """Return the shortest of five runs: other processes only make them longer."""
        return min(once(length) for _ in range(5))

    assert seconds(100_000) < 8 * seconds(25_000)  # linear: 4 times, quadratic: 16 times
    assert seconds(15_000) < 0.1


@pytest.mark.parametrize("formatter", [JSONFormatter(), PlainFormatter()], ids=["json", "plain"])
def test_every_part_of_a_record_is_redacted(formatter):
    try:
        raise RuntimeError(f"no such page: /p/i/{TOKEN} for {KEY}")
    except RuntimeError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, __file__, 1, "%s said %s", (KEY, f"/p/i/{TOKEN}/done"), sys.exc_info()
        )
    record.path, record.headers = f"/p/i/{TOKEN}", {"X-API-KEY": KEY}

    line = formatter.format(record)

    assert TOKEN not in line
    assert "RuntimeError" in line


def test_json_line_has_the_request_id():
    record = logging.getLogger("latchkey").makeRecord(
        "latchkey", logging.WARNING, __file__, 1, 'two\nlines and "quotes"', (), None, extra={"status": 200}
    )
    token = request_id.set("abc12345")
    try:
        line = JSONFormatter().format(record)
    finally:
        request_id.reset(token)

    assert "\n" not in line
    said = json.loads(line)
    assert said["message"] == 'two\nlines and "quotes"'
    assert (said["level"], said["logger"], said["request_id"], said["status"]) == (
        "WARNING",
        "latchkey",
        "abc12345",
        200,
    )
    assert said["time"]


def test_plain_line_escapes_control_characters():
    said = "GET /a\n12:00:00 INFO forged\r\x1b[2J\x00\x7f\x9b\u2028\u202e é 東 “x”"
    record = logging.makeLogRecord({"msg": "%s", "args": (said,), "levelname": "INFO"})

    line = PlainFormatter().format(record)

    assert line.isprintable()
    assert line.endswith(r"INFO GET /a\n12:00:00 INFO forged\r\x1b[2J\x00\x7f\x9b\u2028\u202e é 東 “x”")


def test_plain_traceback_is_indented():
    try:
        raise RuntimeError("gone\n12:00:00 INFO forged\x1b[2J")
    except RuntimeError:
        record = logging.makeLogRecord({"msg": "broken", "levelname": "ERROR", "exc_info": sys.exc_info()})

    first, *others = PlainFormatter().format(record).split("\n")

    assert first.endswith("ERROR broken")
    assert others[-1] == r"  12:00:00 INFO forged\x1b[2J"
    assert all(line.startswith("  ") for line in others)


# --- error reports -----------------------------------------------------------------------------------------


def failing_post(path_: str, debug: bool, caplog: Any, **how: Any) -> tuple[Any, str]:
    """Return the response to a POST that raises an error, and its lines in the log."""
    client = Client(raise_request_exception=False)
    with override_settings(DEBUG=debug), caplog.at_level(logging.INFO):
        response = client.post(path_, headers={"X-API-KEY": KEY, "Cookie": f"receipt={TOKEN}"}, **how)
    assert response.status_code == 500
    lines = [formatter.format(record) for record in caplog.records for formatter in (JSONFormatter(), PlainFormatter())]
    assert any("RuntimeError" in line for line in lines)
    return response, "\n".join(lines)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("where", [f"/p/i/{TOKEN}/connect", "/v2/boom"])
def test_error_response_and_log_hide_secrets(caplog, debug, where):
    posts: list[dict[str, Any]] = [
        {"data": {"username": TYPED, "password": TYPED}},
        {"data": {"username": TYPED, "password": TYPED}, "content_type": "application/json"},
    ]
    for how in posts:
        response, log = failing_post(where, debug, caplog, **how)

        for text in (response.content.decode(), log):
            assert TOKEN not in text
            assert KEY not in text
            assert TYPED not in text


@pytest.mark.urls(__name__)
def test_production_error_page_hides_the_error(caplog):
    page_, _ = failing_post(f"/p/i/{TOKEN}/connect", False, caplog)
    problem, _ = failing_post("/v2/boom", False, caplog)

    for response in (page_, problem):
        assert b"RuntimeError" not in response.content
        assert b"Traceback" not in response.content
    assert problem["Content-Type"] == "application/problem+json"
    assert problem.json()["code"] == "INTERNAL_ERROR"
    assert page_["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("debug", [False, True])
def test_error_report_hides_values(settings, debug):
    settings.DEBUG = debug
    request = RequestFactory().post(
        f"/p/i/{TOKEN}/connect", {"password": TYPED}, headers={"X-API-KEY": KEY, "Authorization": TYPED}
    )
    request.COOKIES = {settings.SESSION_COOKIE_NAME: TYPED, "receipt": TYPED, settings.CSRF_COOKIE_NAME: TYPED}
    try:
        password = TYPED  # noqa: F841 - a local variable of the failing frame
        boom(request)
    except RuntimeError:
        reporter = get_exception_reporter_class(request)(request, *sys.exc_info())

    for report in (reporter.get_traceback_html(), reporter.get_traceback_text()):
        assert "RuntimeError" in report
        for secret in (TYPED, TOKEN, KEY, settings.SECRET_KEY):
            assert secret not in report.replace("&#x27;", "'")


def test_error_report_hides_pasted_link():
    request = RequestFactory().get("/admin/invitations/invitation/", {"q": TOKEN})
    try:
        boom(request)
    except RuntimeError:
        reporter = get_exception_reporter_class(request)(request, *sys.exc_info())

    for report in (reporter.get_traceback_html(), reporter.get_traceback_text()):
        assert "RuntimeError" in report
        assert TOKEN not in report


def test_requests_leave_no_secret_in_log(company, api, caplog):
    with caplog.at_level(logging.DEBUG):
        made = api.post(f"invitation/company/{company.pk}").json()
        invitation = make_invitation(company)
        Client().get(page(invitation))
        Client().post(page(invitation, "connect"), answers())
        api.post("company", {"name": 5})
        Client().get("/p/i/" + "x" * 43)

    text = "\n".join(JSONFormatter().format(record) for record in caplog.records if record.name != "django.db.backends")
    assert "/p/i/[redacted]" in text
    for secret in (made["token"], invitation.token, "x" * 43, PASSWORD, json.dumps(PASSWORD)):
        assert secret not in text
