"""CSV export of change lists."""

import csv
import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
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

from config.db.lost_connections import drop_lost_connections
from config.db.replica import reading_alias

BOM = "\ufeff"  # tells spreadsheets that this is UTF-8
LINES_AT_ONCE = 200
# starts a formula in Excel, LibreOffice or Google Sheets (OWASP, CSV injection); also in full width
FORMULA = r"[=+\-@＝＋－＠]"
# ends a cell in a spreadsheet with another list separator, also within quotation marks
DIVIDES = r";\t\r\n"
# invisible before a formula, or removed with the quotation marks
UNSEEN = rf"(?:(?![{DIVIDES}])[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\"])*"
BEGINS_A_FORMULA = re.compile(rf"(?:\A|(?<=[{DIVIDES}]))(?={UNSEEN}{FORMULA})|\A(?=[\t\r\n])")
MOST_EXPORTED = 100_000
AT_ONCE = 1_000
MAX_NAME_LENGTH = 200  # of `LogEntry.object_repr`
CUT_OFF = "There are more rows. A file has at most {most:,}. Filter the list, then export again."

logger = logging.getLogger("latchkey.export")

Columns = Mapping[str, Callable[[Any], object]]


class ExportingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Model admin with “Export as CSV” above the list, for users who may see the list.

    `exported` maps column names to getters. Each export is logged before its first line is sent, and again with the
    number of rows at its end.
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
        """Export the rows of all pages of the list, in its order."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows: QuerySet[Any] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect("../")
        plural = str(self.opts.verbose_name_plural)
        some = begin_reading(rows[: MOST_EXPORTED + 1])
        entry = log_export(request, self.model, name=f"Export of {plural}")
        name = f"{plural.replace(' ', '-')}-{timezone.now():%Y-%m-%d}.csv"
        return csv_response(name, list(self.exported), logged_rows(entry, some, self._cells, what=plural))

    def _cells(self, row: Any) -> list[object]:
        return [_plain(column(row)) for column in self.exported.values()]


def begin_reading(rows: QuerySet[Any]) -> Iterator[Any]:
    """Yield all rows by a server-side cursor. The database, and an error of the first row, are those of this moment."""
    some = rows.using(reading_alias()).iterator(chunk_size=AT_ONCE)
    return chain(list(islice(some, 1)), some)


def log_export(request: HttpRequest, model: type[Model], *, name: str, object_id: str | None = None) -> LogEntry:
    """Create the log entry of an export, before its first line. `logged_rows` completes it."""
    user: Any = request.user
    return LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(model),
        object_id=object_id,
        object_repr=name[:MAX_NAME_LENGTH],
        action_flag=CHANGE,
        change_message="Export as CSV started.",
    )


def logged_rows(
    entry: LogEntry, rows: Iterable[Any], cells: Callable[[Any], list[object]], *, what: str
) -> Iterator[list[object]]:
    """Yield the cells of each row; then log the number of rows, also if the client has disconnected.

    `rows` come from a server-side cursor `WITH HOLD`: one query, constant memory, and no transaction that stays open
    for a slow client.
    """
    number, how = 0, "interrupted"
    try:
        for row in rows:
            if number == MOST_EXPORTED:
                how = "truncated"
                yield [CUT_OFF.format(most=MOST_EXPORTED)]
                break
            number += 1
            yield cells(row)
        else:
            how = "complete"
    finally:
        message = f"Exported {number} {what} as CSV, {how}"
        drop_lost_connections()  # their end may be the reason
        LogEntry.objects.filter(pk=entry.pk).update(change_message=f"{message}.")
        model = entry.content_type.model_class() if entry.content_type else None
        label = model._meta.label if model else ""
        logger.info("%s, by %s", message, entry.user_id, extra={"rows": number, "export": label})


def _plain(value: object) -> object:
    """Format times as the API does: ISO 8601, UTC."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def disarm(cell: Any) -> Any:
    """Put a `'` before everything in a text cell that a spreadsheet could run as a formula (OWASP, CSV injection)."""
    if cell is None:
        return ""
    return BEGINS_A_FORMULA.sub("'", cell) if isinstance(cell, str) else cell


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Stream the rows as a download: UTF-8, commas, every cell disarmed, not cached."""
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
            yield _pop(buffer)
    yield _pop(buffer)


def _pop(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
