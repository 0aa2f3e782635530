"""Latest events of an object, for its page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Manager

MOST_LINES = 100


@dataclass(frozen=True)
class Line:
    """Event with its notes: further facts beside type, actor and time."""

    event: Any
    notes: list[str]


@dataclass(frozen=True)
class Timeline:
    """Latest events, oldest first, for `admin/timeline.html`."""

    lines: list[Line]
    has_earlier: bool
    most_lines: int = MOST_LINES


def timeline_of(log: "Manager[Any]", notes: Callable[[Any], Iterable[str]]) -> Timeline:
    """Read the latest hundred events in one query. `notes` returns the notes of an event."""
    latest = list(log.select_related("user", "api_key").order_by("-pk")[: MOST_LINES + 1])
    lines = [Line(event, list(notes(event))) for event in reversed(latest[:MOST_LINES])]
    return Timeline(lines, has_earlier=len(latest) > MOST_LINES)
