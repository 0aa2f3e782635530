"""A table as people have it: a CSV file of some spreadsheet, or addresses pasted one a line."""

import codecs
import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.exceptions import InvalidField
from invitations.models import MAX_BATCH_ROWS
from invitations.services.addresses import divide

MAX_FILE_BYTES = 5 * 1024 * 1024
DELIMITERS = (",", ";", "\t")
EMAIL = "email"
BEYOND = ""  # the name of what stands in no column
BETWEEN_VALUES = re.compile(r"[|;\n]")
WORKBOOK = b"PK\x03\x04"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# what stands between commas and semicolons, but for those inside quotation marks
ADDRESSES = re.compile(r'(?:"[^"]*"|[^",;])+')
# how Excel is told what separates the cells; it shows this line as no row
SEPARATOR = re.compile(r'"?sep=([,;\t|])"?[ ,;\t|]*\r?\n', re.IGNORECASE)
# bytes of no text in any character set, but of pictures and programs
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
NO_TEXT = "This is not a text file. Please save the table as a CSV file."
SAVE_AS_UTF_8 = "In Excel: File, Save as, “CSV UTF-8”. In other programs choose the character set UTF-8."


@dataclass(frozen=True)
class Line:
    """What stands in a row, by column, without empty cells. `number`: the row's number in a spreadsheet."""

    number: int
    cells: dict[str, str]


def read_csv(content: bytes, *, columns: Sequence[str]) -> list[Line]:
    """The rows that say something, at most 5,000.

    The first row names the columns, in any order and case; without such a row each line is an address, or
    `Name <address>`. Commas, semicolons and tabs separate cells, or what a line `sep=;` before it says. Refuses, in
    words for whoever made the file: what is too large, no UTF-8, no table, a column that is none of `columns`, and a
    table without `email`.
    """
    if len(content) > MAX_FILE_BYTES:
        raise _refused(f"This is larger than {MAX_FILE_BYTES // 1024**2} MiB. Please split it into several files.")
    text = _decoded(content)
    told = SEPARATOR.match(text)
    text = text[told.end() :] if told else text
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise _refused("There is nothing in it.")
    delimiter = told[1] if told else max(DELIMITERS, key=lambda sign: _likeness(first, sign, columns))
    lines = _addresses(text) if _is_address(first, delimiter, columns) else _table(text, delimiter, columns)
    return _limited(lines)


def values_of(cell: str) -> list[str]:
    """What a cell lists, between semicolons, upright strokes or line breaks."""
    return [value.strip() for value in BETWEEN_VALUES.split(cell) if value.strip()]


def _limited(lines: Iterator[Line]) -> list[Line]:
    kept = list(lines)
    if len(kept) > MAX_BATCH_ROWS:
        raise _refused(
            f"There are {len(kept):,} rows, and at most {MAX_BATCH_ROWS:,} can be invited in one go. "
            "Please split the file."
        )
    if not kept:
        raise _refused("There is no row below the names of the columns.")
    return kept


def _decoded(content: bytes) -> str:
    if content.startswith(WORKBOOK):
        raise _refused(f"This is a workbook, and not a CSV file. {SAVE_AS_UTF_8}")
    if content.startswith(UTF_16):
        raise _refused(f"This file is in UTF-16. Please save it as UTF-8. {SAVE_AS_UTF_8}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if BINARY.search(content):
            raise _refused(NO_TEXT) from None
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(
            f"This file is not in UTF-8: line {line} has letters of another character set, probably Windows-1252. "
            f"Please save it as UTF-8. {SAVE_AS_UTF_8}"
        ) from None
    if "\0" in text:
        raise _refused(NO_TEXT)
    return text


def _likeness(first: str, delimiter: str, columns: Sequence[str]) -> tuple[int, int]:
    """How many cells of the first row name a column, then how many cells there are."""
    names = _names(first, delimiter)
    known = {column.casefold() for column in columns}
    return sum(name.casefold() in known for name in names), len(names)


def _names(first: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error:  # a cell of more than 131,072 characters names nothing
        return []


def _is_address(first: str, delimiter: str, columns: Sequence[str]) -> bool:
    return "@" in first and _likeness(first, delimiter, columns)[0] == 0


def _addresses(text: str) -> Iterator[Line]:
    """Numbered by themselves: what was pasted has no rows."""
    pieces = (piece for line in text.splitlines() for piece in _pieces(line.strip()))
    for number, piece in enumerate(pieces, start=1):
        yield Line(number, {EMAIL: piece})


def _pieces(line: str) -> list[str]:
    """The addresses of a line, divided as where one is invited. `Okafor, Mary <mary@example.com>` is one."""
    pieces = [piece.strip() for piece in ADDRESSES.findall(line) if piece.strip()]
    if not all("@" in piece for piece in pieces):
        return [line]
    return [address for piece in pieces for address in _divided(piece)]


def _divided(piece: str) -> list[str]:
    """Several in one piece stand between spaces; one keeps its name, for whoever looks at the status."""
    found = divide(piece)
    return found if len(found) > 1 and all("@" in each for each in found) else [piece]


def _table(text: str, delimiter: str, columns: Sequence[str]) -> Iterator[Line]:
    header: list[str] = []
    number = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, start=1):
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = _header(row, columns)
            else:
                yield Line(number, _cells(header, row))
    except csv.Error:
        raise _refused(
            f"Row {number + 1} cannot be read: a quotation mark is not closed, or stands in the middle of a cell. "
            'Inside quotation marks, write " twice.'
        ) from None


def _cells(header: list[str], row: list[str]) -> dict[str, str]:
    names = [*header, *[BEYOND] * (len(row) - len(header))]
    return {name: cell.strip() for name, cell in zip(names, row, strict=False) if cell.strip()}


def _header(row: list[str], columns: Sequence[str]) -> list[str]:
    spelt = {column.casefold(): column for column in columns}
    header = [_column(name.strip(), spelt) for name in row]
    for name in header:
        if name != BEYOND and header.count(name) > 1:
            raise _refused(f"There are two columns “{name}”.")
    if EMAIL not in header:
        raise _refused("There is no column “email”. The first row names the columns, and “email” must be one of them.")
    return header


def _column(name: str, spelt: dict[str, str]) -> str:
    if name == BEYOND:
        return BEYOND
    if name.casefold() in spelt:
        return spelt[name.casefold()]
    near = difflib.get_close_matches(name.casefold(), spelt, n=1)
    meant = f" Did you mean “{spelt[near[0]]}”?" if near else f" These can be used: {', '.join(spelt.values())}."
    raise _refused(f"“{name[:50]}” is not the name of a column.{meant}")


def _refused(words: str) -> InvalidField:
    return InvalidField(("sheet",), words, code="invalid_sheet")
