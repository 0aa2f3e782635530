"""What a list says beside what Django writes into its table."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()

CELL = "<td "


@register.filter
def with_names(cells: Iterable[SafeString], headers: Iterable[dict[str, Any]]) -> Iterator[SafeString]:
    """The cells of a row, each with its column's name in `data-name`: on a phone a row is a block without a head.

    But for the first cell, which says what the row is, and the box that chooses it.
    """
    for cell, header in zip(cells, headers, strict=True):
        name = capfirst(header["text"])
        if cell.startswith(CELL) and "action-checkbox" not in header["class_attrib"]:
            yield format_html('<td data-name="{}" {}', name, SafeString(cell.removeprefix(CELL)))
        else:
            yield cell
