"""What happened to a thing, for the page about it: the latest of its log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Manager

MOST_LINES = 100


@dataclass(frozen=True)
class Line:
    """A line of a log, and what it says beside who, what and when."""

    event: Any
    notes: list[str]


@dataclass(frozen=True)
class Timeline:
    """The latest lines, oldest first, for `admin/timeline.html`."""

    lines: list[Line]
    has_earlier: bool
    most_lines: int = MOST_LINES


def timeline_of(log: "Manager[Any]", notes: Callable[[Any], Iterable[str]]) -> Timeline:
    """The latest hundred of `log`, read in one query; `notes` tells what a line says."""
    latest = list(log.select_related("user", "api_key").order_by("-pk")[: MOST_LINES + 1])
    lines = [Line(event, list(notes(event))) for event in reversed(latest[:MOST_LINES])]
    return Timeline(lines, has_earlier=len(latest) > MOST_LINES)
