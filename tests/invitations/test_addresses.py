"""One normal form for email addresses."""

import pytest

from companies.addresses import normalize_address
from config.exceptions import InvalidField
from invitations.services.addresses import normalize_allowed_emails


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("a@example.com", "a@example.com"),
        ("A.B@EXAMPLE.Com", "a.b@example.com"),
        ("a+tag@example.com", "a+tag@example.com"),
        ("o'brien@example.ie", "o'brien@example.ie"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
        ("a@faß.example", "a@xn--fa-hia.example"),
        ("a@例え.example", "a@xn--r8jz45g.example"),
        ("a@ｅｘａｍｐｌｅ.com", "a@example.com"),
    ],
)
def test_the_same_mailbox_is_the_same_text(given, normal):
    assert normalize_address(given) == normal
    assert normalize_address(normal) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a@example.com", "a+tag@example.com"),
        ("ab@example.com", "a.b@example.com"),
        ("a@example.com", "a@ехample.com"),  # Cyrillic letters that look alike
        ("a@strasse.example", "a@straße.example"),
        ("a@example.com", "a@mail.example.com"),
    ],
)
def test_another_mailbox_is_another_text(one, other):
    assert normalize_address(one) != normalize_address(other)


@pytest.mark.parametrize(
    "given",
    [
        *("", " ", "a", "@", "a@", "@example.com", "a@b", "a@@example.com", "a@example..com", "a b@example.com"),
        *("a@example.com\n", "a\n@example.com", "a@exam\nple.com", "a@example.com\r\nBcc: b@example.com"),
        *("a@example.com\x00", "a\x00@example.com", "a@example.com\x7f", "a\t@example.com", "a@example.com\u2028"),
        *("a\u200b@example.com", "a@exam\u00adple.com\x00", "\u202ea@example.com"),
        *("а@example.com", "ä@example.com", '"a b"@example.com', "a@[127.0.0.1]", "a@127.0.0.1", "a@localhost"),
        *("Anna <a@example.com>", "a@example.com,b@example.com", "a@example.com;", "mailto:a@example.com"),
        *("a@" + "b" * 64 + ".example", "a@" + "b." * 130 + "example"),
        *("-a@-example.com", ".a@example.com", "a.@example.com", "a..b@example.com"),
    ],
)
def test_what_is_no_address_or_could_be_taken_for_another_is_refused(given):
    with pytest.raises(InvalidField) as refusal:
        normalize_address(given, field=("prefill", "connection_owner_email"))

    assert refusal.value.field == ("prefill", "connection_owner_email")


def test_duplicates_collapse_and_the_order_stays():
    given = ["B@example.com", "a@example.com", "b@EXAMPLE.com", "a+x@example.com", "A@example.com"]

    assert normalize_allowed_emails(given) == ["b@example.com", "a@example.com", "a+x@example.com"]


def test_a_bad_one_is_named_by_its_place():
    with pytest.raises(InvalidField) as refusal:
        normalize_allowed_emails(["a@example.com", "b@example.com", "c"])

    assert refusal.value.field == ("allowed_emails", 2)


def test_a_hundred_different_ones_are_taken_and_not_one_more():
    hundred = [f"a{number}@example.com" for number in range(100)]

    assert len(normalize_allowed_emails([*hundred, *hundred])) == 100
    with pytest.raises(InvalidField) as refusal:
        normalize_allowed_emails([*hundred, "b@example.com"])
    assert refusal.value.field == ("allowed_emails",)
