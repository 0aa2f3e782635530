"""Read a CSV file from any spreadsheet, or a pasted list of addresses."""

import codecs
import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.exceptions import InvalidField
from invitations.models import MAX_BATCH_ROWS
from invitations.services.addresses import is_one_address, split_addresses

MAX_FILE_BYTES = 5 * 1024 * 1024
EMAIL = "email"
NO_COLUMN = ""
LIST_SEPARATOR = re.compile(r"[|;\n]")
EXCEL_SIGNATURE = b"PK\x03\x04"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Excel's own line for the delimiter; a spreadsheet does not count it as a row
DELIMITER_LINE = re.compile(r'"?sep=([,;\t|])"?[ ,;\t|]*\r?\n', re.IGNORECASE)
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
NOT_TEXT = gettext_lazy("This is not a text file. Save the table as a CSV file.")
HOW_TO_SAVE = gettext_lazy("In Excel: File, Save as, “CSV UTF-8”. In other programs choose the character set UTF-8.")
BAD_QUOTES = gettext_lazy(
    "Row %(row)s cannot be read: a quotation mark is not closed, or stands in the middle of a cell. "
    'Inside quotation marks, write " twice.'
)


@dataclass(frozen=True)
class CsvRow:
    """The non-empty cells of a row by column. `number` is the row's number in a spreadsheet."""

    number: int
    cells: dict[str, str]


def read_csv(content: bytes, *, columns: Sequence[str]) -> list[CsvRow]:
    """Return the rows that have content, at most 5,000.

    The first row names the columns, in any order and case; it also shows the delimiter. If it contains an `@`, the
    file is a list of addresses without a header. Raises `InvalidField` for anything else, naming the field `sheet`.
    """
    if len(content) > MAX_FILE_BYTES:
        raise _invalid(_("This is larger than 5 MiB. Split it into several files."))
    text = _decode(content)
    delimiter_line = DELIMITER_LINE.match(text)
    text = text[delimiter_line.end() :] if delimiter_line else text
    first = next((line for line in text.splitlines() if line.strip()), None)
    if first is None:
        raise _invalid(_("This is empty."))
    delimiter = delimiter_line[1] if delimiter_line else max(",;\t", key=first.count)
    rows = list(_read_addresses(text) if "@" in first else _read_table(text, delimiter, columns))
    if len(rows) > MAX_BATCH_ROWS:
        raise _invalid(
            _("This has %(rows)s rows. Split it into files of at most %(limit)s rows.")
            % {"rows": f"{len(rows):,}", "limit": f"{MAX_BATCH_ROWS:,}"}
        )
    if not rows:
        raise _invalid(_("There is no row below the column names."))
    return rows


def split_list(cell: str) -> list[str]:
    return [value.strip() for value in LIST_SEPARATOR.split(cell) if value.strip()]


def _decode(content: bytes) -> str:
    if content.startswith(EXCEL_SIGNATURE):
        raise _invalid(_("This is an Excel workbook, not a CSV file. %(how)s") % {"how": HOW_TO_SAVE})
    if content.startswith(UTF_16):
        raise _invalid(_("This file is in UTF-16. Save it as UTF-8. %(how)s") % {"how": HOW_TO_SAVE})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if BINARY.search(content):
            raise _invalid(str(NOT_TEXT)) from None
        line = content.count(b"\n", 0, error.start) + 1
        raise _invalid(
            _(
                "This file is not in UTF-8: line %(line)s has letters of another character set, probably Windows-1252. "
                "Save it as UTF-8. %(how)s"
            )
            % {"line": line, "how": HOW_TO_SAVE}
        ) from None
    if "\0" in text:
        raise _invalid(str(NOT_TEXT))
    return text


def _read_addresses(text: str) -> Iterator[CsvRow]:
    lines = (line.strip() for line in text.splitlines())
    # an unquoted name may contain a comma: Okafor, Mary <mary@example.com>
    found = (each for line in lines for each in ([line] if is_one_address(line) else split_addresses(line)))
    for number, address in enumerate(found, start=1):
        yield CsvRow(number, {EMAIL: address})


def _read_table(text: str, delimiter: str, columns: Sequence[str]) -> Iterator[CsvRow]:
    header: list[str] = []
    number = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if header:
                yield CsvRow(number, _name_cells(header, cells))
            else:
                header = _read_header(cells, columns)
    except csv.Error:
        raise _invalid(BAD_QUOTES % {"row": number + 1}) from None


def _name_cells(header: list[str], cells: list[str]) -> dict[str, str]:
    names = [*header, *[NO_COLUMN] * (len(cells) - len(header))]
    return {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}


def _read_header(cells: list[str], columns: Sequence[str]) -> list[str]:
    by_folded_name = {column.casefold(): column for column in columns} | {NO_COLUMN: NO_COLUMN}
    header = []
    for name in map(str.strip, cells):
        if name.casefold() not in by_folded_name:
            near = difflib.get_close_matches(name.casefold(), map(str.casefold, columns), n=1)
            hint = (
                _("Did you mean “%(column)s”?") % {"column": by_folded_name[near[0]]}
                if near
                else _("Use %(columns)s.") % {"columns": ", ".join(columns)}
            )
            raise _invalid(_("There is no column “%(name)s”. %(hint)s") % {"name": name[:50], "hint": hint})
        header.append(by_folded_name[name.casefold()])
        if header[-1] != NO_COLUMN and header.count(header[-1]) > 1:
            raise _invalid(_("The column “%(name)s” appears twice.") % {"name": header[-1]})
    if EMAIL not in header:
        raise _invalid(_("The column “email” is missing. The first row must name the columns, “email” among them."))
    return header


def _invalid(message: str) -> InvalidField:
    return InvalidField(("sheet",), message, code="invalid_sheet")
