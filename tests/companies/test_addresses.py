import pytest

from companies.addresses import normalize_address
from config.exceptions import InvalidField

NORMAL = {
    "A.B@EXAMPLE.Com": "a.b@example.com",
    "a+tag@example.com": "a+tag@example.com",
    "o'brien@example.ie": "o'brien@example.ie",
    "o’brien@example.ie": "o'brien@example.ie",
    "a@example.இலங்கை": "a@example.xn--xkc2al3hye2a",
    "a@BÜCHER.example": "a@xn--bcher-kva.example",
    "a@XN--BCHER-KVA.example": "a@xn--bcher-kva.example",
    "a@faß.example": "a@xn--fa-hia.example",
    "a@例え.example": "a@xn--r8jz45g.example",
    "a@ｅｘａｍｐｌｅ.com": "a@example.com",
}
AS_TYPED = (
    *(
        "a\u200b@example.com",
        "\ufeffa@example.com",
        "a@exam\u00adple.com",
        "\u202aa@example.com\u202c",
        "a@example.com\u200e",
    ),
    *("a＠example.com", "ａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "a@example。com", "a@example｡com", "\u2800a@example.com\u00a0"),
    *(" a@example.com\n", "a@example.com.", "a@example.com,", "a@example.com;", "a@example.com…", "a@example.com。"),
    *("mailto:a@example.com", "MAILTO:a%40example.com?subject=x", "<mailto:a@example.com>", "E-Mail: a@example.com"),
    *(
        "Anna <a@example.com>",
        "Doe, J. <a@example.com>;",
        '"Doe (J.) @work" <a@example.com>',
        "A@example.com <a@example.com>",
    ),
    *(
        "<a@example.com>",
        "(a@example.com)",
        "'a@example.com'",
        '"a@example.com".',
        "“a@example.com”",
        "„a@example.com“",
    ),
    *(
        "a@example.com、",
        "a@example.com،",
        "a@example.com؛",
        "a@example.com।",
        "「a@example.com」",
        "【a@example.com】",
    ),
    *(
        "《a@example.com》",
        "a@example.com/",
        "|a@example.com|",
        "a@example.com\\",
        "📧 a@example.com",
        "– a@example.com",
    ),
    *("a @ example.com", "a@ example.com", "1) a@example.com", "- a@example.com", "a@example.com?subject=x"),
    *("Anna Smith (a@example.com)", "Smith, Anna (A@example.com)", "[a@example.com](mailto:a@example.com)"),
    *("[Anna](mailto:a@example.com)", "a@example.com<mailto:a@example.com>", "<mailto:a@example.com|a@example.com>"),
    *("**a@example.com**", "_a@example.com_", "`a@example.com`", "a@example.com (Anna)", "• a@example.com"),
)
DIFFERENT = (
    ("ab@example.com", "a.b@example.com"),
    ("a@example.com", "a@ехample.com"),  # Cyrillic letters that look alike
    ("a@strasse.example", "a@straße.example"),
    ("-a@example.com", "a@example.com"),
    ("_a@example.com", "a@example.com"),
)
INVALID = (
    *("", " ", "a", "@", "a@", "@example.com", "a@b", "a@@example.com", "a@example..com", "a b@example.com"),
    *("a\n@example.com", "a@exam\nple.com", "a@example.com\r\nBcc: b@example.com"),
    *("a@example.com\x00", "a\x00@example.com", "a@example.com\x7f", "a\t@example.com", "a@example.com\u2028"),
    *("a@exam\u00adple.com\x00", "Anna\r\n<a@example.com>", "Anna\x00 <a@example.com>", "a@example.com\r\n\r\nHello"),
    *("а@example.com", "ä@example.com", '"a b"@example.com', "a@[127.0.0.1]", "a@127.0.0.1", "a@localhost"),
    *("a@example.com,b@example.com", "b@example.com, Anna <a@example.com>", "b@example.com <a@example.com>"),
    *(
        "a*@example.com",
        "*a@example.com",
        "**@example.com",
        "mailto:a@example.com,b@example.com",
        "a@example.com nonsense",
    ),
    *("a@" + "b" * 64 + ".example", "a@" + "b." * 130 + "example", "*@example.com"),
    *("https://a@example.com", "a@example.com (b@example.com)", "[b@example.com](mailto:a@example.com)"),
    *("Anna a @ example.com", "a @ example", "@a@example.com"),
    *("-a@-example.com", ".a@example.com", "a.@example.com", "a..b@example.com"),
)


def test_normalize_address_unifies_case_and_domain():
    assert {given: normalize_address(given) for given in NORMAL} == NORMAL
    assert {normal: normalize_address(normal) for normal in NORMAL.values()} == {n: n for n in NORMAL.values()}


def test_normalize_address_takes_text_as_typed():
    assert {text: normalize_address(text) for text in AS_TYPED} == dict.fromkeys(AS_TYPED, "a@example.com")


def test_normalize_address_keeps_mailboxes_apart():
    assert [pair for pair in DIFFERENT if normalize_address(pair[0]) == normalize_address(pair[1])] == []


def is_valid(address):
    try:
        normalize_address(address)
    except InvalidField:
        return False
    return True


def test_normalize_address_rejects_ambiguous_input():
    assert [address for address in INVALID if is_valid(address)] == []


def test_normalize_address_names_its_field():
    with pytest.raises(InvalidField) as error:
        normalize_address("a", field=("prefill", "connection_owner_email"))

    assert error.value.field == ("prefill", "connection_owner_email")
