"""The example collector, run as a partner runs it, against a real server."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from companies.actors import SYSTEM
from companies.models import ApiKey, Scope
from connections.models import Connection, ConnectionEvent, Credential
from connections.models.status import Status
from connections.services.connections import change_credentials, report_status
from tests.factories import CompanyFactory, make_api_key, make_connection
from tests.secrecy import searched_output

COLLECTOR = Path(settings.BASE_DIR) / "examples" / "collector.py"
SECRET = "a-password-at-the-utility"


@pytest.fixture
def collector(live_server):
    """Starts it for a company; it is ended with the test."""
    running = []

    def start(company, **changes):
        scopes = [Scope.CONNECTIONS_READ, Scope.CREDENTIALS_READ, Scope.CONNECTIONS_STATUS]
        environment = os.environ | {
            "BASE_URL": live_server.url,
            "API_KEY": make_api_key(company.partner, scopes=scopes)[1],
            "COMPANY_ID": str(company.pk),
            "PAUSE_SECONDS": "0.1",
            "NO_PROXY": "*",
            **changes,
        }
        output = searched_output()
        program = subprocess.Popen(
            [sys.executable, str(COLLECTOR)], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        running.append(program)
        return program, output

    yield start
    for program in running:
        program.terminate()
        program.wait(60)


def wait_until_checked(company, program, output, status=Status.PENDING):
    waiting = Connection.objects.filter(company=company, status=status)
    wait_until(lambda: not waiting.exists(), program, output)


def wait_until(done, program, output):
    deadline = time.monotonic() + 60
    while not done():
        output.seek(0)
        assert program.poll() is None, output.read()
        assert time.monotonic() < deadline, "not checked in time"
        time.sleep(0.1)


def test_example_fits_on_a_page():
    assert len(COLLECTOR.read_text().splitlines()) <= 60


def test_pending_connections_are_checked(collector):
    company = CompanyFactory()
    made = [make_connection(company, credentials={"username": "u", "password": SECRET}) for _ in range(3)]
    elsewhere = make_connection()
    program, output = collector(company)

    wait_until_checked(company, program, output)
    made.append(make_connection(company, credentials={"username": "u", "password": SECRET}))
    wait_until_checked(company, program, output)

    key = ApiKey.objects.get(partner=company.partner)
    for connection in made:
        connection.refresh_from_db()
        assert connection.status == Status.CONNECTED
        lines = ConnectionEvent.objects.filter(connection=connection).order_by("pk")
        assert [(line.type, line.api_key) for line in lines] == [
            ("CREATED", None),
            ("CREDENTIALS_READ", key),
            ("STATUS_CHANGED", key),
        ]
    elsewhere.refresh_from_db()
    assert elsewhere.status == Status.PENDING
    output.seek(0)
    assert SECRET not in output.read()


@transaction.atomic
def down(company):
    """A connection whose site was down when it was checked; a collector that runs never sees it wait."""
    return report_status(make_connection(company), Status.WEBSITE_DOWN, by=SYSTEM)


def test_website_down_is_checked_again(collector):
    company = CompanyFactory()
    made = down(company)
    program, output = collector(company, RETRY_SECONDS="0.5")

    wait_until_checked(company, program, output, Status.WEBSITE_DOWN)
    later = down(company)
    wait_until_checked(company, program, output, Status.WEBSITE_DOWN)

    for connection in (made, later):
        connection.refresh_from_db()
        assert connection.status == Status.CONNECTED


def test_other_statuses_are_not_checked_again(collector):
    company = CompanyFactory()
    other = report_status(make_connection(company), Status.PASSWORD_INCORRECT, by=SYSTEM)
    first = make_connection(company)
    program, output = collector(company)
    wait_until_checked(company, program, output)
    made = down(company)
    make_connection(company)
    wait_until_checked(company, program, output)

    for connection, status in ((first, "CONNECTED"), (made, "WEBSITE_DOWN"), (other, "PASSWORD_INCORRECT")):
        connection.refresh_from_db()
        assert connection.status == status


def test_unreadable_credentials_do_not_stop_others(collector):
    company = CompanyFactory()
    # the newest comes first
    sound, damaged = (make_connection(company, credentials={"username": "u", "password": SECRET}) for _ in range(2))
    Credential.objects.filter(connection=damaged).update(encrypted=b"broken")
    program, output = collector(company)

    wait_until(lambda: Connection.objects.get(pk=sound.pk).status == Status.CONNECTED, program, output)

    damaged.refresh_from_db()
    assert damaged.status == Status.PENDING
    change_credentials(damaged, credentials={"username": "u", "password": SECRET}, by=SYSTEM)
    wait_until_checked(company, program, output)
