"""A sample path of every URL pattern, so that a new one cannot be forgotten."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

ID = "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21"
SAMPLES = {"uuid": ID, "int": "1", "str": "x", "slug": "x", "path": "x", "outcome": "CONNECTED"}


def every_path() -> list[str]:
    """Return a path for each pattern that is not a regular expression."""
    return sorted(set(_in(get_resolver().url_patterns, "/")))


def _in(patterns: list[Any], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from _in(pattern.url_patterns, route)
        elif not set("^(") & set(route):
            yield re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], route)
