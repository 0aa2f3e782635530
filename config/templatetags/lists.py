"""Filters for the tables of admin lists."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()

CELL = "<td "


@register.filter
def label_cells(cells: Iterable[SafeString], headers: Iterable[dict[str, Any]]) -> Iterator[SafeString]:
    """Add the column's name to each cell as `data-name`: on a phone, rows are shown as blocks without a table head.

    The checkbox and the first cell, which names the row, stay as they are.
    """
    for cell, header in zip(cells, headers, strict=True):
        name = capfirst(header["text"])
        if cell.startswith(CELL) and "action-checkbox" not in header["class_attrib"]:
            yield format_html('<td data-name="{}" {}', name, SafeString(cell.removeprefix(CELL)))
        else:
            yield cell
