"""A list as a file: what the filters and the search leave of it, as far as whoever asks may see it."""

import csv
import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

BOM = "\ufeff"  # by which spreadsheets know UTF-8
LINES_AT_ONCE = 200
# what begins a formula in Excel, LibreOffice or Google Sheets (OWASP, CSV injection), full-width letters included
FORMULA = r"[=+\-@＝＋－＠]"
# where a cell ends for a spreadsheet whose list separator is another than ours, within quotation marks or not
DIVIDES = r";\t\r\n"
# what may stand before a formula and is not seen, or is taken away with the quotation marks
UNSEEN = rf"(?:(?![{DIVIDES}])[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\"])*"
BEGINS_A_FORMULA = re.compile(rf"(?:\A|(?<=[{DIVIDES}]))(?={UNSEEN}{FORMULA})|\A(?=[\t\r\n])")
MOST_EXPORTED = 100_000
AT_ONCE = 1_000
MAX_NAME_LENGTH = 200  # of what an entry of the log is about
CUT_OFF = "There is more: a file has at most {most:,} rows. Filter the list and export again."

logger = logging.getLogger("latchkey.export")

Columns = Mapping[str, Callable[[Any], object]]


class ExportingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """With “Export as CSV” above the list, for whoever may see the list.

    `exported` names the columns and says what stands in each; nothing else of a row leaves. Every export is in the
    admin's log before its first line leaves, and gets its number of rows when it ends.
    """

    exported: ClassVar[Columns]

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [
            path("export/", self.admin_site.admin_view(require_GET(self.export_view)), name=name),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        export = {"export_query": request.GET.urlencode(), "most_exported": f"{MOST_EXPORTED:,}"}
        return super().changelist_view(request, export | (extra_context or {}))

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The same rows in the same order as the list of this query, on all its pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows: QuerySet[Any] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect("../")
        plural = str(self.opts.verbose_name_plural)
        entry = log_export(request, self.model, name=f"Export of {plural}")
        some = rows[: MOST_EXPORTED + 1].iterator(chunk_size=AT_ONCE)
        name = f"{plural.replace(' ', '-')}-{timezone.now():%Y-%m-%d}.csv"
        return csv_response(name, list(self.exported), noted(entry, some, self._cells, what=plural))

    def _cells(self, row: Any) -> list[object]:
        return [_plain(column(row)) for column in self.exported.values()]


def log_export(request: HttpRequest, model: type[Model], *, name: str, object_id: str | None = None) -> LogEntry:
    """A line in the admin's log before a file leaves. `noted` finishes it."""
    user: Any = request.user
    return LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(model),
        object_id=object_id,
        object_repr=name[:MAX_NAME_LENGTH],
        action_flag=CHANGE,
        change_message="Export as CSV began.",
    )


def noted(
    entry: LogEntry, rows: Iterable[Any], cells: Callable[[Any], list[object]], *, what: str
) -> Iterator[list[object]]:
    """The lines of the file, and afterwards, also when the reader went away, a word in the log: how many of `what`.

    From a list, `rows` come by a cursor on the server that outlives its transaction: one pass over the table, whatever
    the filters are, flat memory, and no transaction that waits for a slow reader.
    """
    number, how = 0, "broken off"
    try:
        for row in rows:
            if number == MOST_EXPORTED:
                how = "cut off"
                yield [CUT_OFF.format(most=MOST_EXPORTED)]
                break
            number += 1
            yield cells(row)
        else:
            how = "complete"
    finally:
        message = f"Exported {number} {what} as CSV, {how}"
        LogEntry.objects.filter(pk=entry.pk).update(change_message=f"{message}.")
        model = entry.content_type.model_class() if entry.content_type else None
        label = model._meta.label if model else ""
        logger.info("%s, by %s", message, entry.user_id, extra={"rows": number, "export": label})


def _plain(value: object) -> object:
    """Times in ISO 8601 and UTC, as the API writes them."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


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
