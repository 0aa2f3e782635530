"""Numbers and days as spreadsheets rewrite them."""

import re
from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.exceptions import InvalidField
from config.typed_text import plain_digits

SHORTENED = re.compile(r"[+-]?[0-9]([.,][0-9]+)?E[+-]?[0-9]{1,3}", re.IGNORECASE)
TIME = re.compile(r"[T ](0{1,2}:00(:00([.,]0+)?)?(Z|\+00:00)?|12:00(:00)? AM)\Z", re.IGNORECASE)
YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
# English and most Germanic months by their beginnings; the Finnish marraskuu is November
DAY_AND_NAME = re.compile(r"([0-9]{1,2})[.]?[- ](?!marra)([a-z]{3})[a-z]*[.]?[-, ]+([0-9]{4}|[0-9]{2})", re.IGNORECASE)
NAME_AND_DAY = re.compile(r"(?!marra)([a-z]{3})[a-z]*[.]? ([0-9]{1,2}),? ([0-9]{4})", re.IGNORECASE)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SERIAL = re.compile(r"[0-9]{5}([.,]0+)?")
LAST_CENTURY = 70  # two digits from here on are a year before 2000

# how to correct what a spreadsheet did: said once for a table, by the code of the error
ADVICE = {
    "shortened_number": gettext_lazy(
        "Excel shortened numbers in the column “%(column)s”, such as %(example)s in row %(row)s, and their last digits "
        "are lost. In Excel, format the column as text, enter the numbers again, and save the file once more."
    ),
    "ambiguous_date": gettext_lazy(
        "Days in the column “%(column)s”, such as %(example)s in row %(row)s, can be read in two ways. "
        "In Excel, format the column as text, and write the days as 2026-01-31."
    ),
    "invalid_date": gettext_lazy(
        "The column “%(column)s” has entries that are not days, such as %(example)s in row %(row)s. "
        "Format the column as text, and write the days as 2026-01-31."
    ),
    "serial_date": gettext_lazy(
        "Excel stored days in the column “%(column)s” as numbers, such as %(example)s in row %(row)s. "
        "In Excel, format the column as a date like 2026-01-31, and save the file once more."
    ),
}


def reject_shortened(text: str) -> str:
    """Return the text unchanged. Raises `InvalidField` for a number such as `1.23457E+12`."""
    if SHORTENED.fullmatch(text):
        raise InvalidField(("number",), _("Excel shortened this number."), code="shortened_number")
    return text


class DateReader:
    """Reader of the days of one column. Days such as `31/01/2026` tell the order of those such as `01/02/2026`."""

    def __init__(self, cells: Iterable[str]) -> None:
        pairs = [
            (int(found[1]), int(found[3])) for cell in cells if (found := YEAR_LAST.fullmatch(_without_time(cell)))
        ]
        self.has_day_first = any(first > 12 for first, _second in pairs)
        self.has_month_first = any(second > 12 for _first, second in pairs)

    def read(self, text: str) -> date:
        """Return the day. Raises `InvalidField` for one that can be read in two ways, and for other text."""
        plain = _without_time(text)
        try:
            if found := YEAR_FIRST.fullmatch(plain):
                return date(int(found[1]), int(found[2]), int(found[3]))
            if found := YEAR_LAST.fullmatch(plain):
                return self._year_last(int(found[1]), int(found[3]), found[4], has_dots=found[2] == ".")
            if found := DAY_AND_NAME.fullmatch(plain):
                return date(_year(found[3]), MONTHS.index(found[2].lower()) + 1, int(found[1]))
            if found := NAME_AND_DAY.fullmatch(plain):
                return date(int(found[3]), MONTHS.index(found[1].lower()) + 1, int(found[2]))
        except ValueError:
            pass
        if SERIAL.fullmatch(plain):
            raise InvalidField(("date",), _("Excel stored this day as a number."), code="serial_date")
        raise InvalidField(("date",), _("This is not a date. Write it as 2026-01-31."), code="invalid_date")

    def _year_last(self, first: int, second: int, year: str, *, has_dots: bool) -> date:
        is_open = first <= 12 and second <= 12 and first != second and not has_dots
        if is_open and self.has_day_first == self.has_month_first:
            raise InvalidField(("date",), _("This date can be read in two ways."), code="ambiguous_date")
        is_day_first = has_dots or first > 12 or (second <= 12 and self.has_day_first)
        day, month = (first, second) if is_day_first else (second, first)
        return date(_year(year), month, day)


def _year(text: str) -> int:
    return int(text if len(text) == 4 else ("19" if int(text) >= LAST_CENTURY else "20") + text)


def _without_time(text: str) -> str:
    return TIME.sub("", plain_digits(text).strip())
