"""Read a CSV file from any spreadsheet, or a pasted list of addresses."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.exceptions import InvalidField
from config.typed_text import clean_typed
from invitations.models import MAX_BATCH_ROWS
from invitations.services.addresses import is_one_address, split_addresses
from invitations.services.batches.header import EMAIL, LEFT_OUT, NO_COLUMN, names_column, read_header

MAX_FILE_BYTES = 5 * 1024 * 1024
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


class Sheet(NamedTuple):
    """The rows of a file, and sentences about the whole file."""

    rows: list[CsvRow]
    notices: list[str]


def read_csv(content: bytes, *, columns: Sequence[str]) -> Sheet:
    """Return the rows that have content, at most 5,000.

    The first row names the columns, in any order and case; it also shows the delimiter. If it contains an `@`, the
    file is a list of addresses without a header, and so is a single column without a name. Raises `InvalidField` for
    anything else, naming the field `sheet`.
    """
    if len(content) > MAX_FILE_BYTES:
        raise _invalid(_("This is larger than 5 MiB. Split it into several files."))
    text = _decode(content)
    delimiter_line = DELIMITER_LINE.match(text)
    text = text[delimiter_line.end() :] if delimiter_line else text
    first = next((line for line in text.splitlines() if clean_typed(line)), None)
    if first is None:
        raise _invalid(_("This is empty."))
    delimiter = delimiter_line[1] if delimiter_line else max(",;\t", key=first.count)
    is_list = "@" in first or ("@" in text and delimiter not in first and not names_column(first, columns))
    rows, notices = (list(_read_addresses(text)), []) if is_list else _read_table(text, delimiter, columns)
    if len(rows) > MAX_BATCH_ROWS:
        raise _invalid(
            _("This has %(rows)s rows. Split it into files of at most %(limit)s rows.")
            % {"rows": f"{len(rows):,}", "limit": f"{MAX_BATCH_ROWS:,}"}
        )
    if not rows:
        raise _invalid(_("There is no row below the column names."))
    return Sheet(rows, notices)


def split_list(cell: str) -> list[str]:
    return [value.strip() for value in LIST_SEPARATOR.split(cell) if value.strip()]


def _decode(content: bytes) -> str:
    if content.startswith(EXCEL_SIGNATURE):
        raise _invalid(_("This is an Excel workbook, not a CSV file. %(how)s") % {"how": HOW_TO_SAVE})
    if content.startswith(UTF_16):
        raise _invalid(_("This file is in UTF-16. Save it as UTF-8. %(how)s") % {"how": HOW_TO_SAVE})
    try:
        text = content.decode().lstrip("\ufeff")  # some programs write the mark twice
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


def _read_table(text: str, delimiter: str, columns: Sequence[str]) -> tuple[list[CsvRow], list[str]]:
    numbered = list(_filled_rows(text, delimiter))
    if not numbered:
        raise _invalid(_("This is empty."))
    first, rows = numbered[0][1], numbered[1:]
    header = read_header(first, [cells for _, cells in rows], columns=columns)
    return [CsvRow(number, _name_cells(header.columns, cells)) for number, cells in rows], header.notices


def _filled_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if any(clean_typed(cell) for cell in cells):
                yield number, cells
    except csv.Error:
        raise _invalid(BAD_QUOTES % {"row": number + 1}) from None


def _name_cells(header: list[str], cells: list[str]) -> dict[str, str]:
    names = [*header, *[NO_COLUMN] * (len(cells) - len(header))]
    cleaned = ((name, clean_typed(cell)) for name, cell in zip(names, cells, strict=False) if name != LEFT_OUT)
    return {name: cell for name, cell in cleaned if cell}


def _invalid(message: str) -> InvalidField:
    return InvalidField(("sheet",), message, code="invalid_sheet")
