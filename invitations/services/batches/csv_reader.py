"""Read a CSV file from any spreadsheet, or a pasted list of addresses."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.exceptions import InvalidField
from config.typed_text import clean_typed
from invitations.models import MAX_BATCH_ROWS
from invitations.services.addresses import is_one_address, split_addresses
from invitations.services.batches.header import EMAIL, LEFT_OUT, NO_COLUMN, names_address, names_column, read_header

MAX_TITLE_LINES = 10
MAX_FILE_BYTES = 5 * 1024 * 1024
LIST_SEPARATOR = re.compile(r"[|;\n]")
EXCEL_SIGNATURE = b"PK\x03\x04"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # Excel's “Unicode Text”
DELIMITERS = ",;\t|"
# Excel's guard of leading zeros: ="00123"
TEXT_FORMULA = re.compile(r'="([^"]*)"')
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
    text, is_utf_8 = _decode(content)
    delimiter_line = DELIMITER_LINE.match(text)
    text = text[delimiter_line.end() :] if delimiter_line else text
    above, first = _find_header(text.splitlines(), columns)
    delimiter = delimiter_line[1] if delimiter_line else _delimiter(first)
    is_list = "@" in first or ("@" in text and delimiter not in first and not names_column(first, columns))
    rows, notices = (list(_read_addresses(text)), []) if is_list else _read_table(text, delimiter, columns, above)
    if not is_utf_8:
        _reject_other_letters(rows)
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


def _decode(content: bytes) -> tuple[str, bool]:
    """Return the text, and whether its character set is certain."""
    if content.startswith(EXCEL_SIGNATURE):
        raise _invalid(_("This is an Excel workbook, not a CSV file. %(how)s") % {"how": HOW_TO_SAVE})
    try:
        text, is_utf_8 = content.decode("utf-16" if content.startswith(UTF_16) else "utf-8"), True
    except UnicodeDecodeError:
        text, is_utf_8 = content.decode("cp1252", "replace"), False
    if "\0" in text or (not is_utf_8 and BINARY.search(content)):
        raise _invalid(str(NOT_TEXT))
    return text.lstrip("\ufeff"), is_utf_8  # some programs write the mark twice


def _reject_other_letters(rows: Sequence[CsvRow]) -> None:
    """Reject letters whose character set is not known. They do no harm in columns that are left out."""
    for row in rows:
        if not all(cell.isascii() for cell in row.cells.values()):
            message = _(
                "This file is not in UTF-8: row %(row)s has letters of another character set, probably Windows-1252. "
                "Save it as UTF-8. %(how)s"
            )
            raise _invalid(message % {"row": row.number, "how": HOW_TO_SAVE})


def _find_header(lines: Sequence[str], columns: Sequence[str]) -> tuple[int, str]:
    """Return the number of lines above the column names, such as a title, and the line with them.

    Without a line that names the column of the address, the first line with content is the header.
    """
    filled = [(place, line) for place, line in enumerate(lines) if clean_typed(line)][:MAX_TITLE_LINES]
    if not filled:
        raise _invalid(_("This is empty."))
    for place, line in takewhile(lambda each: "@" not in each[1], filled):
        cells = [cell.strip(' "') for cell in line.split(_delimiter(line))]
        if len(cells) > 1 and any(names_address(cell) for cell in cells):
            return place, line
    return filled[0]


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def _read_addresses(text: str) -> Iterator[CsvRow]:
    lines = (line.strip() for line in text.splitlines())
    # an unquoted name may contain a comma: Okafor, Mary <mary@example.com>
    found = (each for line in lines for each in ([line] if is_one_address(line) else split_addresses(line)))
    for number, address in enumerate(found, start=1):
        yield CsvRow(number, {EMAIL: address})


def _read_table(text: str, delimiter: str, columns: Sequence[str], above: int) -> tuple[list[CsvRow], list[str]]:
    numbered = list(_filled_rows("".join(text.splitlines(keepends=True)[above:]), delimiter, start=above + 1))
    if not numbered:
        raise _invalid(_("This is empty."))
    first, rows = numbered[0][1], numbered[1:]
    header = read_header(first, [cells for _, cells in rows], columns=columns)
    return [CsvRow(number, _name_cells(header.columns, cells)) for number, cells in rows], header.notices


def _filled_rows(text: str, delimiter: str, *, start: int) -> Iterator[tuple[int, list[str]]]:
    number = start - 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start):
            if any(clean_typed(cell) for cell in cells):
                yield number, cells
    except csv.Error:
        raise _invalid(BAD_QUOTES % {"row": number + 1}) from None


def _name_cells(header: list[str], cells: list[str]) -> dict[str, str]:
    names = [*header, *[NO_COLUMN] * (len(cells) - len(header))]
    cleaned = (
        (name, TEXT_FORMULA.sub(r"\1", clean_typed(cell)))
        for name, cell in zip(names, cells, strict=False)
        if name != LEFT_OUT
    )
    return {name: cell for name, cell in cleaned if cell}


def _invalid(message: str) -> InvalidField:
    return InvalidField(("sheet",), message, code="invalid_sheet")
