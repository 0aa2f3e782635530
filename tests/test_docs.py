"""Paths, names and links in README.md and docs/ exist."""

import re
from pathlib import Path
from textwrap import dedent

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = ("bench", "companies", "config", "connections", "examples", "invitations", "tests")


def test_paths_in_documents_exist():
    paths = {
        f"{page.name}: {path}"
        for page in PAGES
        for path in re.findall(r"`((?:\w+/)+[\w.]*)`", page.read_text(encoding="utf-8"))
        if path.split("/")[0] in {*CODE, "docs", "templates", "static"}
    }
    assert paths
    assert {path for path in paths if not (ROOT / path.partition(": ")[2]).exists()} == set()


def test_links_in_documents_exist():
    links = {
        (page, link.partition("#")[0])
        for page in PAGES
        for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert {f"{page.name}: {link}" for page, link in links if link and not (page.parent / link).exists()} == set()


def test_anchors_in_documents_exist():
    links = {
        (page, *link.partition("#")[::2])
        for page in PAGES
        for link in re.findall(r"\]\((?!https?:)([^)]*#[^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert links
    wrong = {link for link in links if link[2] not in anchors((link[0].parent / link[1]) if link[1] else link[0])}
    assert {(page.name, path, anchor) for page, path, anchor in wrong} == set()


def test_snippet_for_embedding_is_the_example():
    """The function of the example, which a test runs in Chromium."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("docs/embedding.md", "examples/embedding.html")]
    functions = [re.search(r"^ *function embed.*?^ {2,4}}$", text, re.MULTILINE | re.DOTALL)[0] for text in texts]
    assert dedent(functions[0]) == dedent(functions[1])


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_names_in_documents_exist():
    source = (path.read_text(encoding="utf-8") for folder in CODE for path in (ROOT / folder).rglob("*.py"))
    words = {word for text in source for word in re.findall(r"\w+", text)}
    for page in (ROOT / "docs" / name for name in ("contributors.md", "design.md", "speed.md")):
        names = re.findall(r"`(?:\w+\.)*([a-z]+_\w+|[A-Z][a-z]+[A-Z]\w+)`", page.read_text(encoding="utf-8"))
        assert set(names) - words == set()
