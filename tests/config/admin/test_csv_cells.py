import csv
import io

from config.admin.csv_export import csv_response, disarm


def table(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_formulas_are_disarmed():
    wanted = {
        cell: f"'{cell}"
        for cell in ("=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠A1")
    }

    assert {cell: disarm(cell) for cell in wanted} == wanted


def test_formulas_behind_invisible_characters_are_disarmed():
    unseen = [" ", "   ", "\u00a0", "\u200b", "\ufeff", "\u202e", "\x0b", "\x00", '"', ' "\u2009']
    wanted = {f"{text}=1": f"'{text}=1" for text in unseen}

    assert {cell: disarm(cell) for cell in wanted} == wanted


def test_formulas_behind_other_separators_are_disarmed():
    """Spreadsheets with semicolons as list separator split cells at those."""
    wanted = {
        "Acme;=HYPERLINK(1)": "Acme;'=HYPERLINK(1)",
        "Acme; =1;+2": "Acme;' =1;'+2",
        'Acme;"=1"': 'Acme;\'"=1"',
        "a\t=1": "a\t'=1",
        "a\n@b\r\n-c": "a\n'@b\r\n'-c",
        "\t=1": "'\t'=1",
        "\n=1": "'\n'=1",
        ";=1": ";'=1",
    }

    assert {cell: disarm(cell) for cell in wanted} == wanted


def test_other_cells_stay():
    cells = ["", "anna@example.com", "a=b", "'=1", "a; b", "a b=c", "two\nlines", " x", "1;2", 7, -7]

    assert [disarm(cell) for cell in cells] == cells
    assert disarm(None) == ""


def test_long_cells_are_read_once():
    assert disarm(" " * 100_000 + "x") == " " * 100_000 + "x"
    assert disarm("; " * 50_000) == "; " * 50_000


def test_file_is_csv_in_utf8():
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
    assert b"".join(csv_response("some.csv", ["a"], []).streaming_content) == "\ufeffa\r\n".encode()


def test_file_is_streamed():
    read = []

    def rows():
        for number in range(1000):
            read.append(number)
            yield [number]

    first = next(iter(csv_response("some.csv", ["number"], rows()).streaming_content))

    assert first.endswith(b"199\r\n")
    assert len(read) == 200
