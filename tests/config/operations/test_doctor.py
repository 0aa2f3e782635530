import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from companies.models import Disabled
from config.management.commands import doctor
from config.operations.checks import database, network
from config.operations.checks.settings import check_proxies
from config.operations.doctor import examine
from config.operations.finding import Finding
from config.operations.partitions import PartitionFigures
from config.operations.queues import QueueFigures
from invitations.services.delivery.outages import record_outage
from tests.companies.services.webhooks.deliveries import make_endpoint
from tests.smtp_server import ScriptedServer


def sentences(check):
    return [finding.sentence for finding in check()]


@contextmanager
def website(status=200, body=b'{"status": "alive"}'):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run_doctor(*arguments):
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), None


@pytest.mark.django_db
def test_findings_of_apps_are_told(company):
    record_outage("535 refused for boss@example.com")
    make_endpoint(company, disabled_at=timezone.now(), disabled_because=Disabled.FAILING)
    found = {(finding.subject, finding.is_grave): finding.sentence for finding in examine(offline=True)}

    assert found["Mail", True].startswith("No mail leaves since ")
    assert found["Mail", True].endswith("535 refused for [address]")
    assert found["Webhooks", False] == "Endpoints of partners that fail, or were disabled because of that: 1."
    assert found["Jobs", True].startswith("No worker has reported")


@pytest.mark.django_db
def test_doctor_fails_for_grave_findings(monkeypatch):
    written, error = run_doctor("--offline")
    assert "! Jobs: No worker has reported" in written
    assert error

    monkeypatch.setattr(doctor, "examine", lambda *, offline: [Finding("Mail", "Slow.", "Wait.", is_grave=False)])
    assert run_doctor("--offline") == ("- Mail: Slow. Wait.\nNothing needs your help.\n", None)


@pytest.mark.django_db
def test_test_mail_is_sent():
    written, _error = run_doctor("--offline", "--mail", "anna@example.com")

    assert [each.to for each in mail.outbox] == [["anna@example.com"]]
    assert "A mail to anna@example.com has left." in written


@pytest.mark.django_db(transaction=True)
def test_database_that_is_away_is_told(monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    found = [finding for finding in examine(offline=True) if finding.is_grave]
    monkeypatch.undo()

    assert [finding.sentence for finding in found] == ["It does not respond: no connection."]


def test_mail_server_is_asked(settings):
    settings.EMAIL_BACKEND = "config.mail.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "127.0.0.1", "boss", "secret-word"
    answers = {}
    for name, script in {
        "fine": {"EHLO": "250-scripted\r\n250 AUTH PLAIN", "AUTH": "235 welcome"},
        "refused": {"EHLO": "250-scripted\r\n250 AUTH PLAIN", "AUTH": "535 no boss with secret-word"},
    }.items():
        with ScriptedServer(**script) as server:
            settings.EMAIL_PORT = server.port
            answers[name] = sentences(network.check_mail_server)
    settings.EMAIL_PORT = 1  # without a server
    answers["away"] = sentences(network.check_mail_server)

    assert answers["fine"] == []
    assert [text.rpartition(": ")[2] for text in answers["refused"]] == ["it answers 535."]
    assert answers["away"] == ["The mail server 127.0.0.1:1 refuses us: Connection refused."]


def test_public_url_is_asked(settings):
    problems = {}
    for name, answer in {
        "ours": {},
        "missing": {"status": 404},
        "other": {"body": b"<html>"},
        "json": {"body": b"{}"},
    }.items():
        with website(**answer) as url:
            settings.PUBLIC_URL = url
            problems[name] = [text.rpartition(": ")[2] for text in sentences(network.check_public_url)]
    problems["away"] = [text.rpartition(": ")[2] for text in sentences(network.check_public_url)]

    assert problems == {
        "ours": [],
        "missing": ["the answer is 404."],
        "other": ["another program answers."],
        "json": ["another program answers."],
        "away": ["no answer ([Errno 111] Connection refused)."],
    }


def test_sender_domain_needs_spf_and_dmarc(settings, monkeypatch):
    settings.DEFAULT_FROM_EMAIL = "Latchkey <hello@mail.example.org>"
    for records, missing in {
        ("v=spf1 -all", "v=DMARC1; p=none"): [],
        ("google-site-verification=1", "v=DMARC1; p=none"): ["SPF"],
        (None, None): [],
        ("", ""): ["SPF", "DMARC"],
    }.items():
        known = dict(zip(("mail.example.org", "_dmarc.mail.example.org"), records, strict=True))
        monkeypatch.setattr(network, "_text_records", lambda name, known=known: known[name] and [known[name]])
        assert [text.split()[-2] for text in sentences(network.check_sender_domain)] == (
            [] if records == (None, None) else missing
        )


def test_local_sender_asks_no_dns(settings, monkeypatch):
    settings.DEFAULT_FROM_EMAIL = "Latchkey <latchkey@localhost>"
    monkeypatch.setattr(network, "_text_records", lambda _: pytest.fail("DNS was asked"))

    assert sentences(network.check_sender_domain) == []


@pytest.mark.django_db
def test_role_with_power_is_told(settings):
    settings.DEBUG = False

    (finding,) = database.check_role()
    assert finding.sentence.startswith("The role postgres is a superuser")


@pytest.mark.django_db
def test_clock_that_differs_is_told(monkeypatch):
    assert sentences(database.check_clock) == []

    monkeypatch.setattr(database, "LARGEST_CLOCK_DIFFERENCE", timedelta(seconds=-1))
    assert sentences(database.check_clock) == ["This machine and the database differ by 0 seconds."]


def test_figures_become_findings(monkeypatch):
    queues = [QueueFigures("mail", 5, 4, 3, 2, 1, 61.5), QueueFigures("default", 1, 1, 1, 0, 0, 0)]
    partitions = [PartitionFigures("event", 40 * 86400, 8192), PartitionFigures("attempt", 40 * 86400, 2**21)]
    monkeypatch.setattr(database, "find_stall", lambda: None)
    monkeypatch.setattr(database, "queue_figures", lambda: queues)
    monkeypatch.setattr(database, "partition_figures", lambda: partitions)

    assert sentences(database.check_jobs) == [
        "Stuck jobs in the queue mail: 1. Their worker gives no sign of life.",
        "Jobs in the queue mail that failed for good: 2.",
    ]
    assert sentences(database.check_partitions) == ["The next months of attempt have no table, or rows are in none."]


def test_https_without_proxy_is_told(settings):
    settings.SECURE, settings.TRUSTED_PROXIES = True, 0
    assert len(sentences(check_proxies)) == 1

    settings.TRUSTED_PROXIES = 1
    assert sentences(check_proxies) == []
