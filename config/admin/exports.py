"""Tables that leave as a file, and do nothing when a spreadsheet opens them."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

BOM = "\ufeff"  # by which spreadsheets know UTF-8
LINES_AT_ONCE = 200
# what begins a formula in Excel, LibreOffice or Google Sheets (OWASP, CSV injection), full-width letters included
FORMULA = r"[=+\-@＝＋－＠]"
# where a cell ends for a spreadsheet whose list separator is another than ours, within quotation marks or not
DIVIDES = r";\t\r\n"
# what may stand before a formula and is not seen, or is taken away with the quotation marks
UNSEEN = rf"(?:(?![{DIVIDES}])[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\"])*"
BEGINS_A_FORMULA = re.compile(rf"(?:\A|(?<=[{DIVIDES}]))(?={UNSEEN}{FORMULA})|\A(?=[\t\r\n])")


def disarm(cell: Any) -> Any:
    """The cell as text that no spreadsheet takes for a formula, nor any part of it: each such beginning gets a `'`.

    What is not text, a number for instance, is returned as it is; None is an empty cell.
    """
    if cell is None:
        return ""
    return BEGINS_A_FORMULA.sub("'", cell) if isinstance(cell, str) else cell


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """The rows as a file to download, UTF-8 with commas, every cell disarmed, written while it is read.

    `name` is the name of the file, with its ending. Kept by no cache.
    """
    response = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer)
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([disarm(cell) for cell in row])
        if number % LINES_AT_ONCE == 0:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
