"""Paths, names and links in README.md and docs/ exist."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
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


def test_names_in_documents_exist():
    source = (path.read_text(encoding="utf-8") for folder in CODE for path in (ROOT / folder).rglob("*.py"))
    words = {word for text in source for word in re.findall(r"\w+", text)}
    for page in (ROOT / "docs" / "design.md", ROOT / "docs" / "speed.md"):
        names = re.findall(r"`(?:\w+\.)*([a-z]+_\w+|[A-Z][a-z]+[A-Z]\w+)`", page.read_text(encoding="utf-8"))
        assert set(names) - words == set()
