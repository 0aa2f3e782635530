"""A streaming standby answers what may be some seconds old, and is missed by no caller when it is away."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from config.db.embedded import Cluster
from config.db.replica import MOST_SECONDS_BEHIND, MOST_SILENT_SECONDS, REST_SECONDS
from tests.factories import CompanyFactory
from tests.operations.callers import Browser, member_of_staff, partner_system
from tests.operations.databases import ask, database, hang, kill, url_of, web_server
from tests.operations.networks import ROOT
from tests.operations.standbys import standby_of, wait_until_replayed

PAUSE, RESUME = "SELECT pg_wal_replay_pause()", "SELECT pg_wal_replay_resume()"
# a process looks once a second
NOTICED_SECONDS = 3
# both processes of the web server get some of them
OFTEN = 12


class System:
    """A primary, its standby, a web server with two processes, and its callers."""

    def __init__(self, primary: Cluster, standby: Cluster, url: str, log: Path) -> None:
        self.primary, self.standby, self.log = primary, standby, log
        self.company = CompanyFactory()
        self.writer, self.reader = (partner_system(self.company, url) for _ in range(2))
        self.staff, self.colleague = (member_of_staff(url) for _ in range(2))
        self.list = f"/v2/invitation/company/{self.company.pk}"
        self.wait_until_read()

    def create(self) -> str:
        status, body = self.writer.send("POST", self.list, "{}")
        assert status == 201, body
        return str(json.loads(body)["id"])

    def seen(self, caller: Browser, invitation: str) -> Counter[bool]:
        """Return the number of lists with and without the invitation."""
        pages = [caller.send("GET", self.list) for _ in range(OFTEN)]
        assert {status for status, _ in pages} == {200}
        return Counter(invitation in page for _, page in pages)

    def wait_until_read(self) -> None:
        """Wait until every process reads the standby: it then misses what is created while it waits."""
        deadline = time.monotonic() + 60
        while True:
            wait_until_replayed(self.primary, self.standby)
            time.sleep(NOTICED_SECONDS)
            ask(self.standby, PAUSE)
            try:
                if self.seen(self.reader, self.create()) == {False: OFTEN}:
                    return
            finally:
                ask(self.standby, RESUME)
            assert time.monotonic() < deadline, f"the standby is not read: {self.log.read_text()[-2000:]}"

    def lines(self, words: str) -> int:
        return self.log.read_text().count(words)


@pytest.fixture
def system(django_db_blocker: Any, tmp_path: Path) -> Iterator[System]:
    log = tmp_path / "web.log"
    with (
        django_db_blocker.unblock(),
        database() as primary,
        standby_of(primary) as standby,
        web_server(log, url_of(primary), REPLICA_URL=url_of(standby)) as server,
    ):
        yield System(primary, standby, server.url, log)


def test_replica_may_lag_for_other_callers(system):
    """Replay is paused: the replica misses the last writes."""
    ask(system.standby, PAUSE)
    paused = time.monotonic()
    invitation = system.create()
    assert system.seen(system.writer, invitation) == {True: OFTEN}
    assert system.seen(system.reader, invitation) == {False: OFTEN}
    # what is named by its id is never stale
    assert system.reader.send("GET", f"/v2/invitation/{invitation}")[0] == 200
    assert time.monotonic() - paused < MOST_SECONDS_BEHIND

    time.sleep(MOST_SECONDS_BEHIND + NOTICED_SECONDS)
    assert system.seen(system.reader, invitation) == {True: OFTEN}
    assert system.lines("more than 5 s behind") == 2  # once in each process

    ask(system.standby, RESUME)
    system.wait_until_read()


def test_staff_see_what_they_changed(system):
    ask(system.standby, PAUSE)

    saved = system.staff.submit("/admin/companies/site/add/", company=str(system.company.pk), name="New roof")

    assert saved == 302
    lists = "/admin/companies/site/"
    assert all("New roof" in system.staff.send("GET", lists)[1] for _ in range(OFTEN))
    assert not any("New roof" in system.colleague.send("GET", lists)[1] for _ in range(OFTEN))
    ask(system.standby, RESUME)


def test_replica_that_dies_is_not_missed(system):
    with ThreadPoolExecutor() as threads:
        answers = threads.submit(lambda: [timed(system) for _ in range(400)])
        time.sleep(0.3)
        kill(system.standby)
        seconds = max(answers.result())
    assert system.lines("The replica does not answer") == 2
    print(f"400 lists while the standby died: all 200, the longest took {seconds:.2f} s")

    time.sleep(REST_SECONDS)
    assert system.lines("The replica does not answer") == 2
    system.standby.start()
    time.sleep(REST_SECONDS)
    system.wait_until_read()


def test_replica_that_hangs_is_not_missed(system):
    hang(system.standby)
    with ThreadPoolExecutor(8) as threads:
        seconds = max(threads.map(lambda _: timed(system), range(200)))
    hang(system.standby, signal.SIGCONT)
    print(f"200 lists while the standby hung: all 200, the longest took {seconds:.2f} s")
    # looks begin once a second, and connections are closed when one was silent for so long
    assert seconds < 2 * MOST_SILENT_SECONDS + NOTICED_SECONDS


def test_query_that_the_standby_ends_is_repeated(system):
    """Locks of the primary end queries of the standby."""
    with ThreadPoolExecutor(5) as threads:
        answers = [threads.submit(lambda: [timed(system) for _ in range(300)]) for _ in range(4)]
        while not all(answer.done() for answer in answers):
            ask(system.primary, "BEGIN; LOCK TABLE invitations_invitation; COMMIT")
        for answer in answers:
            answer.result()
    conflicts = ask(system.standby, "SELECT sum(confl_lock) FROM pg_stat_database_conflicts")
    print(f"{conflicts} queries of 1,200 lists were ended by the standby: all 200")
    assert conflicts
    assert not system.lines("The replica does not answer")


def test_server_that_was_promoted_is_not_read(system):
    ask(system.standby, "SELECT pg_promote()")
    time.sleep(NOTICED_SECONDS)

    assert system.seen(system.reader, system.create()) == {True: OFTEN}
    assert system.lines("no standby of the primary") == 2
    doctor = [sys.executable, "manage.py", "doctor"]
    found = subprocess.run(doctor, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "no standby of the primary" in found.stdout


def timed(system: System) -> float:
    began = time.monotonic()
    status, page = system.reader.send("GET", system.list)
    assert status == 200, page
    return time.monotonic() - began
