"""Concurrent changes, reads and reports, with real threads and transactions."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database
from django.db import transaction

from companies.actors import CONTRIBUTOR, SYSTEM
from connections.exceptions import StaleReport
from connections.models import Connection, ConnectionEvent, Credential
from connections.models.status import Status
from connections.services.connections import change_credentials, report_status
from connections.services.credentials import read_credentials
from connections.services.sandbox import ensure_sandbox
from connections.tasks import check_sandbox
from tests.factories import make_connection
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


def numbered(number):
    return {"username": f"user {number}", "password": f"password {number}"}


def is_whole(credentials):
    return credentials["username"].removeprefix("user ") == credentials["password"].removeprefix("password ")


def test_twenty_changes_at_once_stay_whole():
    connection = make_connection(credentials=numbered(0))

    results = race(20, lambda index: change_credentials(connection, credentials=numbered(index), by=CONTRIBUTOR))

    assert [result for result in results if isinstance(result, Exception)] == []
    credentials, version = read_credentials(connection, by=SYSTEM)
    assert is_whole(credentials)
    assert version == 21
    assert ConnectionEvent.objects.filter(type="CREDENTIALS_CHANGED").count() == 20


def test_concurrent_changes_lose_no_extra():
    extras = ["account_number", "security_answer", "authenticator_seed"]
    for _ in range(10):
        connection = make_connection(credentials=numbered(0))

        def act(index, connection=connection):
            given = numbered(index) | {extras[index]: "given"}
            return change_credentials(connection, credentials=given, by=CONTRIBUTOR)

        results = race(3, act)

        assert {type(result) for result in results} == {Connection}, results
        credentials, _ = read_credentials(connection, by=SYSTEM)
        assert is_whole(credentials)
        assert [credentials.get(name) for name in extras] == ["given"] * 3


def test_concurrent_reads_see_whole_credentials():
    connection = make_connection(credentials=numbered(0))

    def act(index):
        for round_number in range(10):
            if index % 2:
                change_credentials(connection, credentials=numbered(100 * index + round_number), by=CONTRIBUTOR)
            else:
                credentials, _ = read_credentials(connection, by=SYSTEM)
                assert is_whole(credentials)

    assert race(12, act) == [None] * 12
    assert Credential.objects.get().version == 61
    assert ConnectionEvent.objects.filter(type="CREDENTIALS_READ").count() == 60


def test_report_never_outlives_its_credentials():
    for _ in range(10):
        connection = make_connection(credentials=numbered(0))

        def act(index, connection=connection):
            if index == 0:
                return change_credentials(connection, credentials=numbered(1), by=CONTRIBUTOR)
            return report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM, credentials_version=1)

        results = race(4, act)

        assert {type(result) for result in results} <= {Connection, StaleReport}, results
        connection.refresh_from_db()
        assert connection.status == Status.PENDING


def test_twenty_equal_reports_change_status_once():
    connection = make_connection()

    results = race(20, lambda _: report_status(connection, Status.CONNECTED, by=SYSTEM))

    assert Counter(type(result) for result in results) == {Connection: 20}
    assert ConnectionEvent.objects.filter(type="STATUS_CHANGED").count() == 1


def test_overtaken_sandbox_check_reports_nothing():
    connection = make_connection(
        datasource=ensure_sandbox(), credentials={"username": "wrong-password", "password": "something"}
    )

    def check(pk):
        try:
            check_sandbox(str(pk))
        finally:
            database.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            # this lock blocks reports but not readers
            Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
            checked = thread.submit(check, connection.pk)
            wait_for_a_lock()
            change_credentials(connection, credentials={"username": "works", "password": "something"}, by=CONTRIBUTOR)
        checked.result()
    assert ConnectionEvent.objects.filter(type="CREDENTIALS_READ").count() == 1
    assert Connection.objects.get().status == Status.PENDING

    check_sandbox(str(connection.pk))
    assert Connection.objects.get().status == Status.CONNECTED
