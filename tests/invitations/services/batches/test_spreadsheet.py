from datetime import date

import pytest

from config.exceptions import InvalidField
from invitations.services.batches.spreadsheet import DateReader

DAY = date(2026, 1, 31)
ONE_DAY = (
    *("2026-01-31", "2026-1-31", "2026/01/31", "2026.01.31", "2026-01-31 00:00:00", "2026-01-31T00:00:00Z"),
    *("31/01/2026", "01/31/2026", "1/31/26", "31.01.2026", "31.1.26", "31-01-2026", "31-Jan-2026", "31 January 2026"),
    *(
        "Jan 31, 2026",
        "٢٠٢٦-٠١-٣١",
        "31/01/2026 00:00",
        "1/31/2026 12:00:00 AM",
        "31-Jan-26",
        "2026\u201101\u201131",
        "05.05.2026",
    ),
)


def code(reader, text):
    with pytest.raises(InvalidField) as error:
        reader.read(text)
    return error.value.field_code


def test_days_are_read_as_spreadsheets_write_them():
    assert {text: DateReader([text]).read(text) for text in ONE_DAY} == dict.fromkeys(ONE_DAY, DAY) | {
        "05.05.2026": date(2026, 5, 5)
    }


def test_column_tells_the_order_of_its_days():
    columns = {("03/04/2026", "31/01/2026"): date(2026, 4, 3), ("03/04/2026", "01/31/2026"): date(2026, 3, 4)}

    assert {cells: DateReader(cells).read("03/04/2026") for cells in columns} == columns
    for cells in (["03/04/2026"], ["03/04/2026", "31/01/2026", "01/31/2026"]):
        assert code(DateReader(cells), "03/04/2026") == "ambiguous_date"


def test_other_text_is_no_day():
    wrong = (
        "1. marraskuuta 2026",
        "",
        "soon",
        "2026-02-30",
        "32/01/2026",
        "Jan 2026",
        "31.13.2026",
        "2026-01-31 12:30",
        "20260131",
    )

    assert {text: code(DateReader([text]), text) for text in wrong} == dict.fromkeys(wrong, "invalid_date")
    assert code(DateReader([]), "46053") == "serial_date"
