"""A streaming standby of a database."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from config.db.embedded import Cluster
from tests.operations.databases import ask, end
from tests.postgres_programs import find_program

STANDBY_OPTIONS = ("hot_standby=on", "max_standby_streaming_delay=0", "primary_slot_name=standby")


@contextmanager
def standby_of(primary: Cluster) -> Iterator[Cluster]:
    """Yield a standby with a copy of the database, which follows it from now on."""
    standby = Cluster(primary.folder.with_name("standby"), STANDBY_OPTIONS)
    _copy(primary, standby)
    standby.start()
    try:
        yield standby
    finally:
        end(standby)


def _copy(primary: Cluster, standby: Cluster) -> None:
    ask(primary, "SELECT pg_create_physical_replication_slot('standby')")
    owner, folder = primary.folder.stat(), standby.folder
    folder.mkdir(mode=0o700)
    os.chown(folder, owner.st_uid, owner.st_gid)
    command = [find_program("pg_basebackup"), "--write-recovery-conf", "--checkpoint=fast"]
    command += ["-D", str(folder), "-h", primary.host, "-U", "postgres"]
    subprocess.run(command, check=True, cwd="/", user=owner.st_uid, group=owner.st_gid)
    for socket in folder.glob(".s.PGSQL.*"):  # of the primary, whose folder has its socket
        socket.unlink()


def wait_until_replayed(primary: Cluster, standby: Cluster, seconds: float = 30) -> None:
    position = ask(primary, "SELECT pg_current_wal_insert_lsn()")
    deadline = time.monotonic() + seconds
    while not ask(standby, f"SELECT pg_last_wal_replay_lsn() >= '{position}'"):
        assert time.monotonic() < deadline, "the standby does not follow"
        time.sleep(0.05)
