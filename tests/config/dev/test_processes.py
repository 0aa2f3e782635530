"""Supervision of the processes of `make run`. Stop and kill are tested with a whole run."""

import sys

import pytest

from config.dev import processes


def test_ended_process_stops_the_others(monkeypatch):
    commands = {
        "worker": [sys.executable, "-c", "import time; time.sleep(60)"],
        "web server": [sys.executable, "-c", "raise SystemExit(3)"],
    }
    started = []

    def start(command):
        started.append(start_process(command))
        return started[-1]

    start_process = processes._start
    monkeypatch.setattr(processes, "_start", start)
    monkeypatch.setattr(processes, "_commands", lambda port: commands)
    monkeypatch.setattr(processes, "ignore_signals", lambda: None)

    with pytest.raises(processes.CannotRun, match=r"^The web server ended by itself \(exit code 3\);"):
        processes.serve(1, on_ready=lambda: None)

    assert len(started) == 2
    assert all(process.returncode is not None for process in started)
