"""Counting: off by default, by commits, and with known values at zero."""

import pytest
from django.db import transaction

from config.db.errors import ERRORS, count_error
from config.monitoring.metrics import Counter, Level, counting, declared
from tests.counting import forget


@pytest.fixture
def steps():
    metric = Counter("steps_total", "Steps.", ["kind"], known=[("first",)])
    yield metric
    del declared[metric.name]


def test_nothing_is_counted_by_default(steps):
    steps.count("first")

    assert counting.registry is None
    assert steps._made is None


def test_known_values_begin_at_zero(counted, steps):
    steps.begin([("second",)])
    steps.count("third")

    samples = {
        sample.labels["kind"]: sample.value
        for family in counting.registry.collect()
        for sample in family.samples
        if sample.name == steps.name
    }
    assert samples == {"first": 0, "second": 0, "third": 1}


def test_rolled_back_change_is_not_counted(counted, steps, transactional_db):
    with transaction.atomic():
        steps.count_on_commit("first", times=3)
        transaction.set_rollback(True)
    with transaction.atomic():
        steps.count_on_commit("second", times=2)

    assert counted["steps_total"] == {"second": 2}


def test_level_goes_up_and_down(counted):
    level = Level("things", "Things.")
    for change in (1, 1, -1):
        level.change(by=change)

    assert counted["things"] == {(): 1}
    del declared[level.name]
    forget(level)


def test_errors_are_counted_by_condition(counted):
    class DeadlockDetected(Exception):
        sqlstate = "40P01"

    for error in (DeadlockDetected(), ValueError("without a state")):
        count_error(error)

    assert counted["database_errors_total"] == {"DeadlockDetected": 1, "NoConnection": 1}
    assert ERRORS.labels == ("condition",)
