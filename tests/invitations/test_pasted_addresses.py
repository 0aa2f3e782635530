"""Addresses as people paste them."""

import pytest

from invitations.services.addresses import BadAddress, only_address, read_pasted

NO_AT = "An email address must have an @-sign."


@pytest.mark.parametrize(
    "text",
    [
        "a@example.com,b@example.com",
        "a@example.com; b@example.com;",
        "a@example.com\nb@example.com\n\n",
        "a@example.com\r\nb@example.com\r\n",
        " a@example.com\tb@example.com ",
        "a@example.com b@example.com",
        "a@example.com\u00a0,\u00a0b@example.com",
        "a@example.com，b@example.com；",
        "<a@example.com>, <b@example.com>",
        "Anna <a@example.com>, Bert Brecht <b@example.com>",
        "Anna <a@example.com> Bert <b@example.com>",
        "Anna <a@example.com> (at work); Bert <b@example.com>",
        '"Doe, Anna" <a@example.com>, "Brecht; Bert" <b@example.com>',
        "Anna <mailto:a@example.com>; Bert <MAILTO:b@example.com>",
        '"Anna@work" <a@example.com>, b@example.com',
        "A@Example.com, b@EXAMPLE.com, a@example.com, Anna <a@example.com>",
        '"a quote that does not end <a@example.com>\nb@example.com',
        '"a@example.com", "b@example.com"',
        "'a@example.com' “b@example.com”",
        '"a@example.com, b@example.com"',
        "mailto:a@example.com MAILTO:b@example.com?subject=Hello",
        "a@example.com (Anna), (b@example.com)",
        "• a@example.com\n•b@example.com",
        "- a@example.com\n-b@example.com",
        "* a@example.com\n*b@example.com",
        "1. a@example.com\n2) b@example.com",
        "a@example.com.\nb@example.com!",
        "\ufeffa@exam\u200bple.com\n\u202ab@example.com\u202c",
    ],
)
def test_addresses_are_read_in_any_form(text):
    assert read_pasted(text) == (["a@example.com", "b@example.com"], [])


@pytest.mark.parametrize("text", ["", "  \n ", ",;\n,", "<>", "< >,"])
def test_nothing_is_nothing(text):
    assert read_pasted(text) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "a@example.com",
        " A@Example.com ",
        "Doe, J. <a@example.com>",
        '"Doe, J." <mailto:a@example.com>',
        '"a@example.com"',
        "mailto:a@example.com",
        "a@example.com (Anna)",
        "a@example.com.",
    ],
)
def test_the_only_address_is_read_out_of_what_stands_around_it(text):
    assert only_address(text) == "a@example.com"


@pytest.mark.parametrize("text", ["", "nonsense", "a@example.com, b@example.com", "a@example.com nonsense", "a@b"])
def test_a_text_of_no_address_or_several_stays_as_it_is(text):
    assert only_address(text) == text


def test_a_whole_domain_may_be_meant():
    assert read_pasted("Everyone <*@Bücher.example>, *@example.com") == (
        ["*@xn--bcher-kva.example", "*@example.com"],
        [],
    )


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("a@example.com, nonsense", [("nonsense", NO_AT)]),
        ("a@example.com nonsense", [("nonsense", NO_AT)]),
        ("Anna Smith a@example.com", [("Anna Smith", NO_AT)]),
        ("Anna, a@example.com, Bert <>", [("Anna", NO_AT), ("Bert", NO_AT)]),
        ("b@c, a@example.com", [("b@c", "The part after the @-sign is not valid. It should have a period.")]),
        ("*@*, a@example.com", [("*@*", "This is not an email address.")]),
        ("ä@example.com, a@example.com", [("ä@example.com", "No mail reaches letters such as ü before the @-sign.")]),
        ("a..b@example.com;<b@@example.com>;a@example.com", [("a..b@example.com", None), ("b@@example.com", None)]),
        ("a@example.com, x <b@example", [("x", NO_AT), ("<b@example", None)]),
        ("nonsense, a@example.com, nonsense", [("nonsense", NO_AT)]),
    ],
)
def test_each_bad_one_is_named_with_its_reason(text, bad):
    good, found = read_pasted(text)

    assert good == ["a@example.com"]
    assert [each.text for each in found] == [name for name, _ in bad]
    assert all(each.reason.endswith((".", "'")) for each in found)
    for each, (name, reason) in zip(found, bad, strict=True):
        assert reason is None or each == BadAddress(name, reason)


def test_a_long_paste_is_read_at_once():
    """The time grows with the length, and not with its square."""
    assert len(read_pasted('"<' * 100_000)[1]) == 1
    assert len(read_pasted("a@example.com " * 15_000)[0]) == 1
