from typing import Any, NamedTuple


class Section(NamedTuple):
    """A part of the page of operators: names and values, with a note above them."""

    heading: str
    note: str
    facts: list[tuple[str, Any]]
