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
    for package in ("asyncpg", "fastapi", "jinja2", "multipart"):
        pytest.importorskip(package, reason="needs the packages of the group bench")
    # the bare peer renders pages when it starts
    paths = [path for path in (FOLDER / "peer").rglob("*.py") if path.stem not in ("__main__", "__init__")]
    names = [path.relative_to(FOLDER).with_suffix("").parts for path in paths]
    loaded = [import_module(f"bench.{'.'.join(name)}") for name in names]

    assert len(loaded) > 10


def test_names_of_operations_agree():
    assert tuple(OPERATIONS) == tuple(COMPARISONS) == NAMES
