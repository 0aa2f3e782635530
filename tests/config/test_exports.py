"""Files for spreadsheets: every cell is text, and nothing in it is run."""

import csv
import io

import pytest

from config.admin.exports import csv_response, disarm


def table(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "cell", ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A1"]
)
def test_what_begins_a_formula_is_disarmed(cell):
    assert disarm(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "anna@example.com", "a=b", "'=1", 7, -7])
def test_everything_else_stays_as_it_is(cell):
    assert disarm(cell) == cell


def test_nothing_is_an_empty_cell():
    assert disarm(None) == ""


def test_the_file_is_read_back_as_it_was_but_for_formulas():
    rows = [["1", 'say "hi", twice', "=1+1"], ["2", "two\nlines", "Ünïcode"]]

    response = csv_response("some.csv", ["number", "text", "=head"], iter(rows))

    assert table(response) == [
        ["number", "text", "=head"],
        ["1", 'say "hi", twice', "'=1+1"],
        ["2", "two\nlines", "Ünïcode"],
    ]
    assert response["Content-Disposition"] == 'attachment; filename="some.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Cache-Control"] == "no-store"


def test_a_spreadsheet_is_told_that_it_is_utf_8():
    assert b"".join(csv_response("some.csv", ["a"], []).streaming_content) == "\ufeffa\r\n".encode()


def test_a_long_table_is_written_while_it_is_read():
    read = []

    def rows():
        for number in range(1000):
            read.append(number)
            yield [number]

    first = next(iter(csv_response("some.csv", ["number"], rows()).streaming_content))

    assert first.endswith(b"199\r\n")
    assert len(read) == 200
