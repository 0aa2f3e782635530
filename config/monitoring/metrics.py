"""Metrics that each process counts for Prometheus.

Nothing is counted, and `prometheus_client` is not loaded, before `start_counting`: only processes that export their
metrics call it. Labels have few values that the code chooses: no name, address, token or id.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

PREFIX = "latchkey_"

declared: "dict[str, Metric]" = {}


class Counting:
    """Registry of this process. Without one, nothing is counted."""

    registry: "CollectorRegistry | None" = None


counting = Counting()


class Metric:
    """A metric with a name and labels. `known` label values begin at zero, so that their first increase is seen."""

    def __init__(
        self, name: str, documentation: str, labels: Sequence[str] = (), *, known: Iterable[tuple[str, ...]] = ()
    ) -> None:
        self.name, self.documentation, self.labels = PREFIX + name, documentation, tuple(labels)
        self._known = list(known)
        self._made: Any = None
        self._children: dict[tuple[str, ...], Any] = {}
        assert self.name not in declared, self.name  # noqa: S101 - a mistake in the code
        declared[self.name] = self
        if counting.registry is not None:
            self.start(counting.registry)

    def start(self, registry: "CollectorRegistry") -> None:
        self._children = {}
        self._made = self._make(registry)
        self.begin(self._known)

    def begin(self, known: Iterable[tuple[str, ...]]) -> None:
        """Begin with further label values at zero."""
        for values in known:
            if values not in self._known:
                self._known.append(values)
            if self._made is not None:
                self._child(values)

    def _make(self, registry: "CollectorRegistry") -> Any:
        raise NotImplementedError

    def _child(self, values: tuple[str, ...]) -> Any:
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self._made.labels(*values) if values else self._made
        return child


class Counter(Metric):
    """Number of times that something happened. Its name ends with `_total`."""

    def count(self, *values: str, times: int = 1) -> None:
        """Count with these values of the labels."""
        if counting.registry is not None:
            self._child(values).inc(times)

    def count_on_commit(self, *values: str, times: int = 1) -> None:
        """Count if the current transaction is committed."""
        if counting.registry is not None:
            transaction.on_commit(partial(self.count, *values, times=times))

    def _make(self, registry: "CollectorRegistry") -> Any:
        from prometheus_client import Counter as Made  # noqa: PLC0415 - only if metrics are exported

        return Made(self.name, self.documentation, self.labels, registry=registry)


class Level(Metric):
    """Number of things that go on now. That of a process that ended is forgotten."""

    def change(self, *values: str, by: int) -> None:
        if counting.registry is not None:
            self._child(values).inc(by)

    def _make(self, registry: "CollectorRegistry") -> Any:
        from prometheus_client import Gauge as Made  # noqa: PLC0415

        return Made(self.name, self.documentation, self.labels, registry=registry, multiprocess_mode="livesum")


class Durations(Metric):
    """Seconds that something took, in `buckets` up to the next larger limit. Its name ends with `_seconds`."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str], *, buckets: Sequence[float]) -> None:
        self._buckets = buckets
        super().__init__(name, documentation, labels)

    def observe(self, seconds: float, *values: str) -> None:
        if counting.registry is not None:
            self._child(values).observe(seconds)

    def _make(self, registry: "CollectorRegistry") -> Any:
        from prometheus_client import Histogram as Made  # noqa: PLC0415

        return Made(self.name, self.documentation, self.labels, registry=registry, buckets=self._buckets)


def start_counting() -> "CollectorRegistry":
    """Count in this process from now on. With `PROMETHEUS_MULTIPROC_DIR`, in files of that folder."""
    from prometheus_client import CollectorRegistry, disable_created_metrics  # noqa: PLC0415

    disable_created_metrics()  # type: ignore[no-untyped-call]
    counting.registry = CollectorRegistry()
    for metric in declared.values():
        metric.start(counting.registry)
    return counting.registry
