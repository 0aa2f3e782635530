"""Files for spreadsheets: every cell is text, and nothing in it is run."""

import csv
import io

import pytest

from config.admin.csv_export import csv_response, disarm


def table(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "cell", ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠A1"]
)
def test_what_begins_a_formula_is_disarmed(cell):
    assert disarm(cell) == "'" + cell


@pytest.mark.parametrize(
    "unseen", [" ", "   ", "\u00a0", "\u200b", "\ufeff", "\u202e", "\x0b", "\x00", '"', ' "\u2009']
)
def test_what_is_not_seen_hides_no_formula(unseen):
    assert disarm(f"{unseen}=1") == f"'{unseen}=1"


@pytest.mark.parametrize(
    ("cell", "disarmed"),
    [
        ("Acme;=HYPERLINK(1)", "Acme;'=HYPERLINK(1)"),
        ("Acme; =1;+2", "Acme;' =1;'+2"),
        ('Acme;"=1"', 'Acme;\'"=1"'),
        ("a\t=1", "a\t'=1"),
        ("a\n@b\r\n-c", "a\n'@b\r\n'-c"),
        ("\t=1", "'\t'=1"),
        ("\n=1", "'\n'=1"),
        (";=1", ";'=1"),
    ],
)
def test_what_another_separator_makes_a_cell_of_is_disarmed(cell, disarmed):
    """Where lists are separated by semicolons, a spreadsheet divides our lines at those."""
    assert disarm(cell) == disarmed


@pytest.mark.parametrize(
    "cell", ["", "anna@example.com", "a=b", "'=1", "a; b", "a b=c", "two\nlines", " x", "1;2", 7, -7]
)
def test_everything_else_stays_as_it_is(cell):
    assert disarm(cell) == cell


def test_a_long_cell_is_disarmed_in_no_time():
    """Whatever stands in it, it is looked through once."""
    assert disarm(" " * 100_000 + "x") == " " * 100_000 + "x"
    assert disarm("; " * 50_000) == "; " * 50_000


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
