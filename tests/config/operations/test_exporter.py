"""Export of metrics: the sum of all processes, and a port of its own."""

import multiprocessing
import os
import socket

import pytest
from django.core.exceptions import ImproperlyConfigured
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from config.operations.exporter import Children, _serve, export_worker, exported_children, remove_leftovers
from config.server.__main__ import check_metrics_port

LIVING, DEAD = os.getpid(), 2**30


def write(folder, kind, pid, name, value):
    file = MmapedDict(str(folder / f"{kind}_{pid}.db"))
    file.write_value(mmap_key(name, name, [], [], "help"), value, 0)
    file.close()


def test_dead_child_counts_on_but_is_idle(tmp_path, monkeypatch):
    for pid in (LIVING, DEAD):
        write(tmp_path, "counter", pid, "requests_total", 5)
        write(tmp_path, "gauge_livesum", pid, "in_progress", 1)

    class Child:
        pid = LIVING

    monkeypatch.setattr(multiprocessing, "active_children", lambda: [Child()])
    samples = {sample.name: sample.value for family in Children(tmp_path).collect() for sample in family.samples}

    assert samples == {"requests_total": 10, "in_progress": 1}


def test_folders_of_killed_servers_are_removed(tmp_path):
    names = [f"latchkey-metrics-{LIVING}-x", f"latchkey-metrics-{DEAD}-x", "latchkey-metrics-of-others", "else"]
    for name in names:
        (tmp_path / name).mkdir()
    write(tmp_path / names[1], "counter", DEAD, "requests_total", 5)

    remove_leftovers(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {names[0], *names[2:]}


def test_nothing_is_exported_by_default(settings):
    export_worker()
    with exported_children():
        assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


def test_port_in_use_is_refused(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.METRICS_PORT = taken.getsockname()[1]
        with pytest.raises(ImproperlyConfigured, match="port of their own"):
            _serve(CollectorRegistry(), is_web=False)


def test_public_port_is_refused(settings):
    settings.METRICS_PORT = 8000
    check_metrics_port(8001)
    with pytest.raises(ImproperlyConfigured, match="METRICS_PORT"):
        check_metrics_port(8000)
