"""Limits of sizes. A larger file becomes a package, divided by noun."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FOLDERS = ("bench", "companies", "config", "connections", "examples", "invitations", "tests")
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_VIEW = 300, 40, 20
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files() -> list[Path]:
    """Every module but migrations, which Django mostly writes."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function's place and name, and its number of lines without decorators."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


def has_views(path: Path) -> bool:
    inside_an_app = path.relative_to(ROOT).parts[0] in {"companies", "connections", "invitations"}
    return inside_an_app and (path.parent.name in {"views", "contributor"} or path.stem in {"views", "viewsets"})


def test_files_and_views_are_found():
    assert len(files()) > 200
    assert {"invitations/contributor/pages.py", "invitations/api/viewsets.py"} <= {
        str(path.relative_to(ROOT)) for path in files() if has_views(path)
    }


def test_files_have_300_lines_at_most():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files()}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_have_40_lines_at_most():
    lengths = dict(each for path in files() for each in functions(path))

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_views_have_20_lines_at_most():
    lengths = dict(each for path in files() if has_views(path) for each in functions(path))

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_VIEW} == {}
