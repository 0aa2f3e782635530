"""A web server whose database restarts, hangs, or ends a connection in the middle of an export."""

import itertools
import json
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from bench.servers import Running
from companies.actors import SYSTEM
from config.db.embedded import Cluster
from config.server.asgi import REQUEST_SECONDS
from connections.services.sandbox import ensure_sandbox
from invitations.models.consent import CONSENT_VERSION
from invitations.services.invitations import create_invitation
from tests.factories import CompanyFactory
from tests.operations.callers import Browser, member_of_staff, partner_system
from tests.operations.databases import ask, database, hang, restart, url_of, web_server

RESTARTS = [signal.SIGINT, signal.SIGQUIT] * 3
CREATIONS, FORMS = 40, 10
KILLS, RESPAWN_SECONDS = 8, 6  # granian ends if one process dies twice within 5.5 seconds
MOST_TRIES = 500
AT_ONCE = 8  # each of two processes has four threads
EXPORTED = 20_000
MANY_INVITATIONS = """
    INSERT INTO invitations_invitation SELECT filled.*
    FROM (SELECT to_jsonb(invitations_invitation) AS known FROM invitations_invitation LIMIT 1) AS one,
        generate_series(1, {}) AS n,
        jsonb_populate_record(NULL::invitations_invitation, known || jsonb_build_object(
            'id', gen_random_uuid(), 'token_hash', sha256(n::text::bytea)
        )) AS filled
"""
END_EXPORT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = 'latchkey' AND pid <> pg_backend_pid() AND query LIKE 'FETCH%'
        AND EXISTS (SELECT FROM django_admin_log WHERE change_message LIKE '%started%')
"""


class System:
    def __init__(self, database: Cluster, server: Running, log: Path) -> None:
        self.database, self.url, self.log = database, server.url, log
        self.server = psutil.Process(server.pid)
        self.company = CompanyFactory(partner__writes_per_minute=100_000)
        self.partner = partner_system(self.company, self.url)
        self.list = f"/v2/invitation/company/{self.company.pk}"
        self.provider = ensure_sandbox().name

    def in_threads(self, call: Any, number: int) -> Counter[int]:
        """Call often at the same time, so that each thread of the web server has a connection. Returns the statuses."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return Counter(threads.map(lambda _: call(), range(number)))

    def create(self) -> int:
        return self.partner.send("POST", self.list, "{}")[0]

    def create_once(self, number: int) -> int:
        """Repeat a keyed creation until it is answered. Returns the number of tries."""
        body, key = json.dumps({"externalId": f"order-{number}"}), f"key-{number}"
        for tries in range(1, MOST_TRIES):
            with suppress(HTTPException, OSError):
                status, page = self.partner.send("POST", self.list, body, **{"Idempotency-Key": key})
                if status == 201:
                    return tries
                assert status in (409, 503), page
            time.sleep(0.05)
        raise AssertionError(f"{key} got no answer")

    def kill_a_process(self) -> None:
        workers = [each for each in self.server.children() if "resource_tracker" not in " ".join(each.cmdline())]
        random.choice(workers).kill()

    def open_form(self) -> tuple[Browser, str, dict[str, str]]:
        """Return a contributor's browser, the path of the form, and its fields."""
        browser = Browser(self.url)
        path = f"/p/i/{create_invitation(self.company, by=SYSTEM).token}/connect"
        page = browser.send("GET", path)[1]
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page))
        typed = {"provider": self.provider, "country": "GB", "utility_types": "ELECTRICITY", "username": "anna"}
        secret = {"password": "something only they know", "consent": f"{CONSENT_VERSION} en"}
        return browser, path, hidden | typed | {"owner_email": "anna@example.com"} | secret

    def submit(self, form: tuple[Browser, str, dict[str, str]]) -> int:
        browser, path, fields = form
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://latchkey.example"}
        return browser.send("POST", path, urlencode(fields), **headers)[0]


@pytest.fixture
def system(django_db_blocker: Any, tmp_path: Path) -> Iterator[System]:
    log = tmp_path / "web.log"
    with django_db_blocker.unblock(), database() as primary, web_server(log, url_of(primary)) as server:
        yield System(primary, server, log)


def test_restart_of_the_database_fails_no_request(system):
    """The threads keep connections that the restart has ended."""
    for number in RESTARTS:
        system.in_threads(system.create, CREATIONS)
        forms = [system.open_form() for _ in range(FORMS)]

        restart(system.database, number)

        assert system.in_threads(system.create, CREATIONS) == {201: CREATIONS}
        assert system.in_threads(lambda forms=forms: system.submit(forms.pop()), FORMS) == {302: FORMS}
    print(f"{len(RESTARTS)} restarts, each with {CREATIONS} creations and {FORMS} forms after it: no 503")


def test_kills_lose_and_double_no_creation(system):
    numbers, ended, tries = itertools.count(), threading.Event(), Counter[int]()

    def create_until_the_end() -> None:
        while not ended.is_set():
            tries[system.create_once(next(numbers))] += 1

    with ThreadPoolExecutor(AT_ONCE) as threads:
        created = [threads.submit(create_until_the_end) for _ in range(AT_ONCE)]
        try:
            for _ in range(KILLS):
                system.kill_a_process()
                time.sleep(RESPAWN_SECONDS / 2)
                restart(system.database, signal.SIGQUIT)
                time.sleep(RESPAWN_SECONDS / 2)
        finally:
            ended.set()
        for each in created:
            each.result()

    total = tries.total()
    rows = "SELECT format('%s %s', count(*), count(DISTINCT external_id)) FROM invitations_invitation"
    assert ask(system.database, rows) == f"{total} {total}"
    print(f"{total} creations by number of tries: {tries}; {KILLS} kills, and as many crashes of the database")


def test_database_that_hangs_is_given_up(system):
    system.in_threads(system.create, CREATIONS)
    hang(system.database)
    probes: list[float] = []
    ended = threading.Event()

    def probe() -> None:
        while not ended.wait(1):
            began = time.monotonic()
            assert Browser(system.url).send("GET", "/healthz")[0] == 200
            probes.append(time.monotonic() - began)

    with ThreadPoolExecutor(AT_ONCE + 1) as threads:
        alive = threads.submit(probe)
        began = time.monotonic()
        try:
            answers = list(threads.map(lambda _: system.partner.send("GET", system.list)[0], range(AT_ONCE)))
        finally:
            ended.set()
            hang(system.database, signal.SIGCONT)
        seconds = time.monotonic() - began
        alive.result()

    assert answers == [503] * AT_ONCE
    assert seconds < REQUEST_SECONDS + 15
    assert max(probes) < 5
    assert system.in_threads(system.create, CREATIONS) == {201: CREATIONS}
    print(f"requests were given up after {seconds:.0f} s; /healthz took {max(probes):.2f} s at most")


def test_cut_export_does_not_look_complete(system):
    create_invitation(system.company, by=SYSTEM)
    ask(system.database, MANY_INVITATIONS.format(EXPORTED))
    staff = member_of_staff(system.url)
    export = "/admin/invitations/invitation/export/"
    assert staff.send("GET", export)[1].count("\n") == EXPORTED + 2

    with ThreadPoolExecutor() as threads:
        answer = threads.submit(status_of, staff, export)
        while not ask(system.database, END_EXPORT):
            assert not answer.done(), "the export was too fast"

    assert answer.result() != 200
    assert re.search(r"Exported \d+ invitations as CSV, interrupted", system.log.read_text())
    said = ask(system.database, "SELECT change_message FROM django_admin_log ORDER BY id DESC LIMIT 1")
    assert "interrupted" in said


def status_of(browser: Browser, path: str) -> int:
    """Return the status, 0 if the connection broke."""
    try:
        return browser.send("GET", path)[0]
    except (HTTPException, OSError):
        return 0
