import time
from contextlib import suppress

import pytest

from config.exceptions import InvalidField
from invitations.models import MAX_BATCH_ROWS
from invitations.services.batches.csv_reader import MAX_FILE_BYTES, read_csv, split_list
from invitations.services.batches.rows import COLUMNS

ANNA = [(2, {"email": "a@example.com", "message": "Hello, Anna"})]


def read(text):
    content = text if isinstance(text, bytes) else text.encode()
    return [(row.number, row.cells) for row in read_csv(content, columns=COLUMNS).rows]


def notices(text):
    return read_csv(text.encode(), columns=COLUMNS).notices


def error(text):
    with pytest.raises(InvalidField) as error:
        read(text)
    assert error.value.field == ("sheet",)
    return error.value.detail


def test_delimiter_is_taken_from_header():
    for sign in ",;\t":
        assert read(f"email{sign}maxUses\na@example.com{sign}3\n") == [(2, {"email": "a@example.com", "maxUses": "3"})]
    assert read("email;message\na@example.com;Hello, Anna\n") == ANNA


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n', "\ufeffsep=;\n", "sep=;;;\n"])
def test_excel_delimiter_line_is_not_a_row(line):
    assert read(f"{line}email;message\na@example.com;Hello, Anna\n") == ANNA


def test_excel_delimiter_line_overrides_header():
    assert read("sep=|\nemail|message\na@example.com|x, y; z\n")[0][1]["message"] == "x, y; z"


def test_lines_end_as_on_any_system():
    lines = ["email", "a@example.com", "b@example.com"]

    assert [[number for number, _ in read(end.join(lines))] for end in ("\n", "\r\n", "\r")] == [[2, 3]] * 3


def test_columns_in_any_order_and_case():
    assert read("\ufeffMAXUSES, Email \n3, a@example.com") == [(2, {"maxUses": "3", "email": "a@example.com"})]


def test_quoted_cells_may_contain_anything():
    assert read('email,message\na@example.com,"Say ""hello"",\nthen sign."\nb@example.com,\n') == [
        (2, {"email": "a@example.com", "message": 'Say "hello",\nthen sign.'}),
        (3, {"email": "b@example.com"}),
    ]


def test_unicode_text_of_excel_is_read():
    assert read("email\tmessage\na@example.com\tHello, Anna\n".encode("utf-16")) == ANNA


def test_unknown_letters_may_be_left_out():
    table = "Adı;E-posta;message\nGülşen;a@example.com;Hello, Anna\n"

    assert [read(table.encode(name)) for name in ("cp1254", "utf-8")] == [ANNA, ANNA]


def test_titles_above_the_header_are_skipped():
    assert read("My contacts\n\nName;Email;message\nAnna;a@example.com;Hello, Anna") == [(4, ANNA[0][1])]
    assert read("Notes:\nName|Email|message\nAnna|a@example.com|Hello, Anna") == [(3, ANNA[0][1])]


def test_text_formulas_are_unwrapped():
    assert read('email,externalId\na@example.com,="00123"') == [(2, {"email": "a@example.com", "externalId": "00123"})]


def test_blank_rows_count_but_are_skipped():
    assert [number for number, _ in read("\nemail,country\n\na@example.com,\n,,\n , \nb@example.com,GB\n")] == [4, 7]


def test_cells_beyond_the_header_are_kept():
    assert read("email,\na@example.com,,surprise") == [(2, {"email": "a@example.com", "": "surprise"})]


def test_addresses_need_no_header():
    pasted = {
        "a@example.com\n\n  b@example.com  \n": ["a@example.com", "b@example.com"],
        "Anna <a@example.com>; Bert <b@example.com>;": ["a@example.com", "b@example.com"],
        "Okafor, Mary <m@example.com>\nb@example.com": ["Okafor, Mary <m@example.com>", "b@example.com"],
        '"Okafor, Mary" <m@example.com>, b@example.com': ["m@example.com", "b@example.com"],
        "a@example.com\nnonsense": ["a@example.com", "nonsense"],
        "a@example.com nonsense": ["a@example.com", "nonsense"],
        "a@example.com\tb@example.com": ["a@example.com", "b@example.com"],
        "sep=;\na@example.com;b@example.com": ["a@example.com", "b@example.com"],
        "nonsense\na@example.com": ["nonsense", "a@example.com"],
        "a@example.com, Bert <b@example.com>": ["a@example.com", "b@example.com"],
        "\ufeff\ufeffa@example.com": ["a@example.com"],
    }

    assert {text: [cells["email"] for _, cells in read(text)] for text in pasted} == pasted


def test_address_column_has_known_names():
    names = (
        *(
            "E-mail Address",
            "E-mail 1 - Value",
            "Email",
            "E-Mail-Adresse",
            "Work Email",
            "“email”",
            "\ufeff\ufeffEMAIL",
        ),
        *("EmailAddress", "e_mail", "Adresse de messagerie", "Correo electrónico", "E\u2011mail", "Email Address 1"),
    )
    wanted = [(2, {"email": "a@example.com"})]

    assert [name for name in names if read(f"Name;{name}\nAnna;a@example.com") != wanted] == []


def test_address_column_is_found_by_content():
    text = "Name,Kontakt\nAnna,a@example.com\nBen,\n"

    assert read(text)[0] == (2, {"email": "a@example.com"})
    assert notices(text) == [
        "The addresses were taken from the column “Kontakt”.",
        "The column “Name” is not known and was left out.",
    ]


def test_unknown_columns_give_one_notice():
    names = [f"Property {number}" for number in range(40)]
    text = ",".join(["E-mail 2 Address", "Email", *names]) + "\n" + ",".join(["b@example.com", "a@example.com", *names])

    assert read(text) == [(2, {"email": "a@example.com"})]
    assert notices(text) == [
        "41 columns are not known and were left out: “E-mail 2 Address”, “Property 0”, “Property 1”, “Property 2”, "
        "“Property 3” and 36 more."
    ]
    assert notices("email,maxUses\na@example.com,1") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n\n", "This is empty."),
        ("\u200b\n\u202a\u202c", "This is empty."),
        ("email,country\n\n", "There is no row below the column names."),
        ("emial\n1", "There is no column “emial”. Did you mean “email”?"),
        ("email,max_uses\na,1", "There is no column “max_uses”. Did you mean “maxUses”?"),
        ("email,lockedField\na,b", "There is no column “lockedField”. Did you mean “lockedFields”?"),
        ("Name,A,B\nx,a@example.com,b@example.com", "Several columns hold addresses: “A” and “B”. Rename the right"),
        ("externalId,message\n1,Hello", "The column “email” is missing."),
        ("email,Email\na,b", "The column “email” appears twice."),
        ('email,message\na@example.com,"open\n', "Row 2 cannot be read: a quotation mark is not closed"),
        ('email,message\na@example.com,ok\nb@example.com,"in" the middle\n', "Row 3 cannot be read"),
        (b"PK\x03\x04 and the rest", "This is an Excel workbook, not a CSV file."),
        ("email\na@example.com".encode("utf-16-le"), "This is not a text file."),
        ("email\nm\0@example.com", "This is not a text file."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "This is not a text file."),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\nstream\nx\x9c\x03\x00", "This is not a text file."),
        (b"x" * (MAX_FILE_BYTES + 1), "This is larger than 5 MiB."),
        ("email,message\na@example.com,Grüße\n".encode("cp1252"), "This file is not in UTF-8: row 2 has letters"),
    ],
)
def test_unreadable_file_names_its_error(text, message):
    assert error(text).startswith(message)


def test_file_has_at_most_5000_rows():
    addresses = [f"person{number}@example.com" for number in range(MAX_BATCH_ROWS)]

    assert len(read("email\n" + "\n".join(addresses))) == len(read(", ".join(addresses))) == MAX_BATCH_ROWS
    assert error("\n".join(["email", *addresses, "one@example.com"])).startswith("This has 5,001 rows.")


@pytest.mark.parametrize("text", ['"' * 100_001, "@" * 200_000, '@",' * 60_000, "a@b;" * 4_000 + '"' * 100_000])
def test_nonsense_is_answered_in_linear_time(text):
    started = time.process_time()  # processor time, because the machine may be busy
    with suppress(InvalidField):
        read(text)

    assert time.process_time() - started < 5


def test_split_list_at_semicolons_bars_and_lines():
    assert split_list(" Main bakery; Cold store|GB-7\nlast ;;") == ["Main bakery", "Cold store", "GB-7", "last"]
