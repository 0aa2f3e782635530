import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from bench import parts
from bench.budget import shares
from config.http.health import HealthMiddleware

FILES = {
    "logging/__init__.py": "log",
    "site-packages/django/db/models/query.py": "ORM",
    "site-packages/django/db/backends/utils.py": "driver",
    "site-packages/psycopg_binary/_psycopg.py": "driver",
    "site-packages/rest_framework/views.py": "REST framework",
    "site-packages/rest_framework/fields.py": "validation",
    "site-packages/django/template/base.py": "templates",
    "site-packages/django/utils/functional.py": None,
    "enum.py": None,
}


def frame_in(file: str, inner: Any = None, self: object = None) -> FrameType:
    """Return the frame of a function in this file, or that of a function which it calls."""
    names: dict[str, Any] = {"inner": inner or sys._getframe}
    exec(compile("def run(self): return inner()", file, "exec"), names)
    return names["run"](self)


def test_files_belong_to_parts():
    found = {name: parts.part_of_file(f"/usr/lib/python3.11/{name}") for name in FILES}

    assert found == FILES


def test_innermost_known_frame_decides():
    query, library = "/a/site-packages/django/db/models/query.py", "/usr/lib/python3.11/functools.py"

    assert parts.part_of(frame_in(query, inner=lambda: frame_in(library))) == "ORM"
    assert parts.part_of(frame_in("/a/site-packages/django/utils/deprecation.py", self=HealthMiddleware(None))) == (
        "middleware: HealthMiddleware"
    )


def test_every_middleware_has_a_part():
    assert {import_string(path) for path in settings.MIDDLEWARE} == set(parts.middleware_classes())


def test_paths_of_parts_exist():
    """A file that was renamed would silently belong to another part."""
    places = [Path(settings.BASE_DIR), *map(Path, sys.path)]
    paths = [path for of_part in parts.PATHS.values() for path in of_part]

    assert [path for path in paths if not any((place / path).exists() for place in places)] == []


def test_shares_add_up_to_total():
    divided = shares(Counter({"ORM": 30, "driver": 10}), total=2.0)

    assert divided == {"ORM": pytest.approx(1.5), "driver": pytest.approx(0.5)}
