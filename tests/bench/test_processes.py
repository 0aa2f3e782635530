import os
import sys

import pytest

from bench.processes import Process, in_session, milliseconds, of_postgresql

STAT = "4711 (a (b) c) S 12 4711 99 0 -1 4194560 1 2 3 4 70 30 8 2 20 0 1 0 5 6 7"


def test_stat_with_brackets_in_name():
    assert Process.parse(STAT) == Process("a (b) c", 4711, parent=12, session=99, ticks=110)


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@needs_proc
def test_own_session_has_used_time():
    assert milliseconds(in_session(os.getsid(0))) > 0


@needs_proc
def test_database_processes_are_found(db):
    assert milliseconds(of_postgresql()) > 0
