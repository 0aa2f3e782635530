"""What people upload and paste: read where it can be, and refused in words where it cannot."""

import time
from contextlib import suppress

import pytest

from config.exceptions import InvalidField
from invitations.models import MAX_BATCH_ROWS
from invitations.services.batches.csv_reader import MAX_FILE_BYTES, read_csv, values_of
from invitations.services.batches.rows import COLUMNS


def read(text):
    content = text if isinstance(text, bytes) else text.encode()
    return [(line.number, line.cells) for line in read_csv(content, columns=COLUMNS)]


def refused(text):
    with pytest.raises(InvalidField) as refusal:
        read(text)
    assert refusal.value.field == ("sheet",)
    return refusal.value.detail


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_separate_cells(sign):
    assert read(f"email{sign}maxUses\nanna@example.com{sign}3\n") == [
        (2, {"email": "anna@example.com", "maxUses": "3"})
    ]


def test_a_comma_inside_a_table_of_semicolons_is_text():
    assert read("email;message\na@example.com;Hello, Anna\n")[0][1]["message"] == "Hello, Anna"


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n', "\ufeffsep=;\n", "sep=;;;\n"])
def test_a_line_that_tells_excel_the_separator_is_no_row(line):
    assert read(f"{line}email;message\na@example.com;Hello, Anna\n") == [
        (2, {"email": "a@example.com", "message": "Hello, Anna"})
    ]


def test_what_that_line_says_counts_whatever_else_stands_in_the_names():
    assert read("sep=|\nemail|message\na@example.com|x, y; z\n")[0][1]["message"] == "x, y; z"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_machine(end):
    assert [number for number, _ in read(end.join(["email", "a@example.com", "b@example.com"]))] == [2, 3]


def test_columns_stand_in_any_order_and_case():
    assert read("MAXUSES, Email \n3, a@example.com") == [(2, {"maxUses": "3", "email": "a@example.com"})]


def test_a_byte_order_mark_is_no_part_of_the_first_name():
    assert read("\ufeffemail\na@example.com") == [(2, {"email": "a@example.com"})]


def test_cells_in_quotation_marks_may_hold_anything():
    lines = read('email,message\na@example.com,"Say ""hello"",\nthen sign."\nb@example.com,\n')

    assert lines == [
        (2, {"email": "a@example.com", "message": 'Say "hello",\nthen sign.'}),
        (3, {"email": "b@example.com"}),
    ]


def test_blank_rows_are_skipped_and_still_counted_as_in_a_spreadsheet():
    assert [number for number, _ in read("\nemail,country\n\na@example.com,\n,,\n , \nb@example.com,GB\n")] == [4, 7]


def test_what_stands_in_no_column_is_kept_for_the_verdict():
    assert read("email,\na@example.com,,surprise") == [(2, {"email": "a@example.com", "": "surprise"})]


@pytest.mark.parametrize(
    ("pasted", "addresses"),
    [
        ("a@example.com", ["a@example.com"]),
        ("a@example.com\n\n  b@example.com  \n", ["a@example.com", "b@example.com"]),
        ("Anna <a@example.com>\nb@example.com", ["Anna <a@example.com>", "b@example.com"]),
        ("Anna <a@example.com>; Bert <b@example.com>;", ["Anna <a@example.com>", "Bert <b@example.com>"]),
        ("a@example.com, b@example.com", ["a@example.com", "b@example.com"]),
        ("Okafor, Mary <m@example.com>", ["Okafor, Mary <m@example.com>"]),
        ('"Okafor, Mary" <m@example.com>, b@example.com', ['"Okafor, Mary" <m@example.com>', "b@example.com"]),
        ("a@example.com\nnonsense", ["a@example.com", "nonsense"]),
        ("a@example.com b@example.com", ["a@example.com", "b@example.com"]),
        ("a@example.com\tb@example.com", ["a@example.com", "b@example.com"]),
        ("Anna <a@example.com> Bert <b@example.com>", ["a@example.com", "b@example.com"]),
        ("a@example.com nonsense", ["a@example.com nonsense"]),
        ("sep=;\na@example.com;b@example.com", ["a@example.com", "b@example.com"]),
    ],
)
def test_pasted_addresses_need_no_name_of_a_column(pasted, addresses):
    assert read(pasted) == [(number, {"email": address}) for number, address in enumerate(addresses, start=1)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "There is nothing in it."),
        (" \n\n", "There is nothing in it."),
        ("email,country\n\n", "There is no row below the names of the columns."),
        ("emial\na@example.com", "“emial” is not the name of a column. Did you mean “email”?"),
        ("email,max_uses\na@example.com,1", "“max_uses” is not the name of a column. Did you mean “maxUses”?"),
        ("email,wages\n", "“wages” is not the name of a column. These can be used: email, externalId, message,"),
        ("email,<script>\n", "“<script>” is not the name of a column."),
        ("externalId,message\n1,Hello", "There is no column “email”."),
        ("email,Email\na@example.com,b@example.com", "There are two columns “email”."),
        ('email,message\na@example.com,"open\n', "Row 2 cannot be read: a quotation mark is not closed"),
        ('email,message\na@example.com,ok\nb@example.com,"in" the middle\n', "Row 3 cannot be read"),
        (b"PK\x03\x04 and the rest", "This is a workbook, and not a CSV file."),
        ("email\na@example.com".encode("utf-16"), "This file is in UTF-16."),
        ("email\nm\0@example.com", "This is not a text file."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "This is not a text file."),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\nstream\nx\x9c\x03\x00", "This is not a text file."),
    ],
)
def test_what_is_no_table_is_refused_in_words(text, words):
    assert refused(text).startswith(words)


def test_another_character_set_is_told_with_the_line_and_what_to_do():
    words = refused("email,message\na@example.com,Hello\nb@example.com,Grüße\n".encode("cp1252"))

    assert "line 3 has letters of another character set, probably Windows-1252" in words
    assert "“CSV UTF-8”" in words


def test_five_thousand_rows_are_read_and_one_more_is_told():
    rows = "email\n" + "".join(f"person{number}@example.com\n" for number in range(MAX_BATCH_ROWS))

    assert len(read(rows)) == MAX_BATCH_ROWS
    assert refused(rows + "onemore@example.com\n").startswith(
        "There are 5,001 rows, and at most 5,000 can be invited in one go."
    )


def test_a_file_that_is_too_large_is_told():
    assert refused(b"x" * (MAX_FILE_BYTES + 1)) == "This is larger than 5 MiB. Please split it into several files."


def test_five_thousand_addresses_on_one_line_are_read_at_once():
    line = ", ".join(f"person{number}@example.com" for number in range(MAX_BATCH_ROWS))

    assert len(read(line)) == MAX_BATCH_ROWS


@pytest.mark.parametrize("text", ['"' * 100_001, "@" * 200_000, '@",' * 60_000, "a@b;" * 4_000 + '"' * 100_000])
def test_nonsense_of_any_length_is_answered_soon(text):
    started = time.process_time()  # of our own work: the machine may be busy with something else
    with suppress(InvalidField):
        read(text)

    assert time.process_time() - started < 5


def test_a_cell_lists_its_values_between_semicolons_strokes_or_lines():
    assert values_of(" Main bakery; Cold store|GB-7\nlast ;;") == ["Main bakery", "Cold store", "GB-7", "last"]
