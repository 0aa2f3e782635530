"""Metrics of the process of the tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry

from config.monitoring.metrics import PREFIX, Metric, counting, declared, start_counting

Values = dict[tuple[str, ...] | str, float]


class Counted:
    """Values of the metrics of this process."""

    def __getitem__(self, name: str) -> Values:
        """Return the values of a metric that are not zero, by the values of its labels."""
        assert counting.registry
        metric = declared[PREFIX + name.removesuffix("_count")]
        values: Values = {}
        for family in counting.registry.collect():
            for sample in family.samples:
                if sample.name == PREFIX + name and sample.value:
                    labels = tuple(sample.labels[label] for label in metric.labels)
                    values[labels[0] if len(labels) == 1 else labels] = sample.value
        return values


@pytest.fixture
def counted() -> Iterator[Counted]:
    """Count in this process during a test."""
    with started():
        yield Counted()


@contextmanager
def started() -> Iterator[CollectorRegistry]:
    try:
        yield start_counting()
    finally:
        counting.registry = None
        for metric in declared.values():
            forget(metric)


def forget(metric: Metric) -> None:
    metric._made, metric._children = None, {}
