from importlib import import_module
from pathlib import Path

import pytest

import bench
from bench.__main__ import NAMES
from bench.comparison import COMPARISONS
from bench.operations import OPERATIONS

FOLDER = Path(bench.__file__).parent


def names_in(folder: Path, *, without: set[str]) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.py") if path.stem not in without)


def test_modules_of_the_benchmark_load():
    """A function of Latchkey that was renamed is noticed here, and not at the next measurement."""
    loaded = [import_module(f"bench.{name}") for name in names_in(FOLDER, without={"__init__", "__main__"})]

    assert len(loaded) > 10


def test_modules_of_the_peer_load():
    pytest.importorskip("asyncpg", reason="needs the packages of the group bench")
    # `app` changes the collection of garbage
    names = names_in(FOLDER / "peer", without={"__init__", "__main__", "app"})
    loaded = [import_module(f"bench.peer.{name}") for name in names]

    assert len(loaded) > 5


def test_names_of_operations_agree():
    assert tuple(OPERATIONS) == tuple(COMPARISONS) == NAMES
