"""Experiments with whole processes: `make operations` runs all of them, `make test` those marked `quick`."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("quick"):
            item.add_marker("operations")
