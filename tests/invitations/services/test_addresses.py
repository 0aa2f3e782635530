import time

import pytest

from companies.addresses import STAR
from config.exceptions import InvalidField
from invitations.services.addresses import BadAddress, normalize_allowed_emails, parse_address, parse_addresses

NO_ADDRESSES = (
    *(
        "-",
        "–",
        "<>",
        "< >,",
        "(Ann)",
        "(Ann) (Ben)",
        "**",
        "*",
        "•",
        ",;",
        ",;\n,",
        "1.",
        '""',
        "“”",
        "...",
        "mailto:",
    ),
    *("\u200b", "\ufeff", "\u200e \u200f", "\u2060", "\u00ad", "\u2800", "\u3164", "\u202a\u202c", "\u200d"),
)
NO_AT = "An email address must have an @-sign."
NO_PERIOD = "The part after the @-sign is not valid. It should have a period."


@pytest.mark.parametrize(
    "text",
    [
        "a@example.com,b@example.com",
        "a@example.com; b@example.com;",
        "a@example.com\r\nb@example.com\r\n\n",
        " a@example.com\tb@example.com ",
        "a@example.com\u00a0,\u00a0b@example.com",
        "a@example.com，b@example.com；",
        "A@Example.com, b@EXAMPLE.com, a@example.com, Anna <a@example.com>",
        "<a@example.com>, <b@example.com>",
        "Anna <a@example.com>, Bert Brecht <b@example.com>",
        "Anna <a@example.com> Bert <b@example.com>",
        "Anna <a@example.com> b@example.com",
        "Anna <a@example.com> (at work); Bert <b@example.com>",
        '"Doe, Anna" <a@example.com>, "Brecht; Bert" <b@example.com>',
        '"Anna@work" <a@example.com>, b@example.com',
        "Anna <mailto:a@example.com>; mailto:b@example.com?subject=Hello",
        '"an open quotation mark <a@example.com>\nb@example.com',
        '"a@example.com, b@example.com"',
        "'a@example.com' “b@example.com”",
        "a@example.com (Anna), (b@example.com)",
        "• a@example.com\n•b@example.com",
        "* a@example.com\n-b@example.com",
        "1. a@example.com\n2) b@example.com",
        "a@example.com.\nb@example.com!",
        "Smith, Anna <a@example.com>; O’Neil-Jones, Dr. Bob <b@example.com>",
        "Smith, Anna <a@example.com>, Jones, Bob <b@example.com>",
        "Smith, Anna (a@example.com); Jones, Bob (b@example.com)",
        "a@example.com،b@example.com؛",
        "a@example.com|b@example.com",
        "a@example.com / b@example.com · 📧",
        '["a@example.com", "b@example.com"]',
        "a@ example.com, b @ example.com",
        "a@example.com<mailto:a@example.com>; <mailto:b@example.com|b@example.com>",
        "=a@example.com\n'b@example.com",
        "\ufeffa@exam\u200bple.com\n\u202ab@example.com\u202c",
    ],
)
def test_parse_addresses_in_any_form(text):
    assert parse_addresses(text) == (["a@example.com", "b@example.com"], [])


def test_blank_text_has_no_address():
    assert [parse_addresses(text) for text in ("", "  \n ", "\u00a0", "\t\r\n")] == [([], [])] * 4


def test_text_without_address_is_named():
    found = {text: parse_addresses(text) for text in NO_ADDRESSES}

    assert {text: good for text, (good, _) in found.items() if good} == {}
    named = {
        text: [each.text for each in bad if each.text.isprintable() and each.text.strip()]
        for text, (_, bad) in found.items()
    }
    assert {text: len(names) for text, names in named.items()} == dict.fromkeys(NO_ADDRESSES, 1)


def test_parse_addresses_takes_whole_domains():
    text = "Everyone <*@Bücher.example>, *@example.com"

    assert parse_addresses(text) == (["*@xn--bcher-kva.example", "*@example.com"], [])


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("a@example.com, nonsense, nonsense", [("nonsense", NO_AT)]),
        ("a@example.com nonsense", [("nonsense", NO_AT)]),
        ("Anna Smith a@example.com", [("Anna Smith", NO_AT)]),
        ("Anna, a@example.com, Bert <>", [("Anna", NO_AT), ("Bert", NO_AT)]),
        ("a@example.com, x <b@example", [("<b@example", NO_PERIOD), ("x", NO_AT)]),
        ("b.example.com, Anna <a@example.com>", [("b.example.com", NO_AT)]),
        ("b@c, a@example.com", [("b@c", NO_PERIOD)]),
        ("*@*, a@example.com", [("*@*", "This is not an email address.")]),
        ("*b@example.com, a@example.com", [("*b@example.com", STAR)]),
        ("b*@example.com, a@example.com", [("b*@example.com", STAR)]),
        ("ä@example.com, a@example.com", [("ä@example.com", "No mail reaches letters such as ü before the @-sign.")]),
    ],
)
def test_parse_addresses_names_bad_ones(text, bad):
    assert parse_addresses(text) == (["a@example.com"], [BadAddress(*each) for each in bad])


def test_parse_addresses_takes_linear_time():
    started = time.process_time()

    assert len(parse_addresses('"<' * 100_000)[1]) == 1
    assert len(parse_addresses("a@example.com " * 15_000)[0]) == 1
    assert time.process_time() - started < 10


def test_parse_address_removes_what_surrounds_it():
    texts = (
        " A@Example.com ",
        "Doe, J. <a@example.com>",
        '"Doe, J." <mailto:a@example.com>',
        "a@example.com (Anna)",
        '"a@example.com".',
    )

    assert {text: parse_address(text) for text in texts} == dict.fromkeys(texts, "a@example.com")


def test_parse_address_keeps_other_texts():
    texts = ["", "nonsense", "a@example.com, b@example.com", "a@example.com nonsense", "a@b"]

    assert [parse_address(text) for text in texts] == texts


def test_allowed_emails_drop_duplicates_in_order():
    given = ["B@example.com", "a@example.com", "b@EXAMPLE.com", "a+x@example.com", "A@example.com"]

    assert normalize_allowed_emails(given) == ["b@example.com", "a@example.com", "a+x@example.com"]


def test_allowed_emails_name_the_bad_index():
    with pytest.raises(InvalidField) as error:
        normalize_allowed_emails(["a@example.com", "b@example.com", "c"])

    assert error.value.field == ("allowed_emails", 2)


def test_allowed_emails_are_at_most_100():
    hundred = [f"a{number}@example.com" for number in range(100)]

    assert len(normalize_allowed_emails([*hundred, *hundred])) == 100
    with pytest.raises(InvalidField) as error:
        normalize_allowed_emails([*hundred, "b@example.com"])
    assert error.value.field == ("allowed_emails",)
