"""Rules of docs/style.md that a test can measure: sizes and words."""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FOLDERS = ("bench", "companies", "config", "connections", "examples", "invitations", "tests")
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_VIEW = 300, 40, 20
LONGEST_TEST_NAME = 7  # words after `test_`
# a beginning that leaves out its subject, or a word that hides it
VAGUE = re.compile(r"^(What|Who|Whose|Where|Of|Those|How)\b|(?i:\b(who|what|where|which)ever\b|\b(no|some)body\b)")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files() -> list[Path]:
    """Every module but migrations, which Django mostly writes."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


@cache
def functions_and_docstrings(path: Path) -> tuple[dict[str, int], list[str]]:
    """Return each function's place and name with its number of lines without decorators, and all docstrings."""
    lengths, docstrings = {}, []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            lengths[place] = (node.end_lineno or 0) - node.lineno + 1
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            docstrings.append(ast.get_docstring(node) or "")
    return lengths, docstrings


def functions(path: Path) -> dict[str, int]:
    return functions_and_docstrings(path)[0]


def vague_comments(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    if any(VAGUE.search(line[line.find("#") :]) for line in source.splitlines() if "#" in line):
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and VAGUE.search(token.string):
                yield token.string


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
    lengths = dict(each for path in files() for each in functions(path).items())

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_views_have_20_lines_at_most():
    lengths = dict(each for path in files() if has_views(path) for each in functions(path).items())

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_VIEW} == {}


def test_names_of_tests_have_seven_words():
    names = [name for path in files() if path.name.startswith("test_") for name in functions(path)]

    assert [name for name in names if name.partition(" test_")[2].count("_") >= LONGEST_TEST_NAME] == []


def test_docstrings_and_comments_are_plain():
    docstrings = {path: [text for text in functions_and_docstrings(path)[1] if VAGUE.search(text)] for path in files()}
    unclear = {str(path.relative_to(ROOT)): [*texts, *vague_comments(path)] for path, texts in docstrings.items()}

    assert {name: texts for name, texts in unclear.items() if texts} == {}


def test_scripts_share_no_names():
    """Scripts of one page share their top level: a second function of a name replaces the first one."""
    declared = re.compile(r"^(?:async )?(?:const|let|class|function) +(\w+)", re.MULTILINE)
    names = Counter(
        name for script in (ROOT / "static/js").glob("*.js") for name in declared.findall(script.read_text())
    )

    assert [name for name, number in names.items() if number > 1] == []
