"""CSV that a spreadsheet can open without running anything."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO

from django.http import StreamingHttpResponse

# what makes a spreadsheet take text for a formula (OWASP, CSV injection), and the wide letters that some take for it
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"
PIECE = 32_768


def disarm(cell: object) -> str:
    """The cell as text that no spreadsheet takes for a formula: an apostrophe stands before what could be one.

    Times become ISO 8601 in UTC, None an empty cell. A number stays one, with its sign.
    """
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    text = str(cell)
    if isinstance(cell, (int, float)):
        return text
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A download called `name`.csv, every cell quoted and disarmed, sent while `rows` is still being walked.

    Nothing is kept: ten rows and a million take the same memory. A byte order mark tells spreadsheets that it is UTF-8.
    """
    response = StreamingHttpResponse(_pieces(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _pieces(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines, some hundred at a time: a line each would be a packet each."""
    piece = StringIO()
    writer = csv.writer(piece, quoting=csv.QUOTE_ALL)
    piece.write(BYTE_ORDER_MARK)
    writer.writerow(map(disarm, header))
    for row in rows:
        writer.writerow(map(disarm, row))
        if piece.tell() > PIECE:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()
