"""Serve the metrics of a worker, or of all processes of a web server, on `METRICS_PORT`."""

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.monitoring.metrics import start_counting

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Files in memory: a process that writes to a mapped file on a full disk is killed
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it has a random name and belongs to us
PREFIX = "latchkey-metrics-"


def export_worker() -> None:
    """Count in this process, and serve its metrics until it ends. Raises `ImproperlyConfigured` for a port in use."""
    if settings.METRICS_PORT:
        _serve(start_counting(), is_web=False)


@contextmanager
def exported_children() -> Iterator[None]:
    """Serve the sum of the metrics of the processes that are started meanwhile. They count in files of one folder.

    They are started anew and not forked: a fork copies the locks of other threads as they are.
    """
    if not settings.METRICS_PORT:
        yield
        return
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - only if metrics are exported

    multiprocessing.set_start_method("spawn", force=True)
    django.setup()
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    remove_leftovers(place)
    prefix = f"{PREFIX}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place, ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        registry = CollectorRegistry()
        registry.register(Children(Path(folder)))
        _serve(registry, is_web=True)
        yield


def remove_leftovers(place: Path) -> None:
    """Remove the folders of web servers that were killed. Their names have the process ids."""
    for folder in place.glob(f"{PREFIX}*-*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        if number.isdecimal() and not _is_running(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        pass
    return True


class Children:
    """Collector of the metrics of all child processes. Those that ended are forgotten where only the present counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> "Iterable[Metric]":
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        living = {child.pid for child in multiprocessing.active_children()}
        for file in self._folder.glob("gauge_live*.db"):
            if int(file.stem.rpartition("_")[2]) not in living:
                file.unlink(missing_ok=True)
        collector: Any = MultiProcessCollector
        yield from collector(None, str(self._folder)).collect()


def _serve(registry: "CollectorRegistry", *, is_web: bool) -> None:
    from prometheus_client import start_http_server  # noqa: PLC0415

    from config.operations.figures import DatabaseFigures  # noqa: PLC0415

    registry.register(DatabaseFigures(is_web=is_web))
    try:
        start_http_server(settings.METRICS_PORT, settings.METRICS_HOST, registry)
    except OSError as error:
        place = f"{settings.METRICS_HOST}:{settings.METRICS_PORT}"
        raise ImproperlyConfigured(
            f"METRICS_PORT: {place} cannot be used ({error.strerror}). "
            "The web server and each worker of a machine need a port of their own."
        ) from error
