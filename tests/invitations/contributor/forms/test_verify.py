import pytest

from invitations.contributor.forms import AddressForm, CodeForm


def test_code_is_found_in_text():
    form = CodeForm({"code": "Your code: ٤٥٦\u2011٢٦٠."})

    assert form.is_valid()
    assert form.cleaned_data["code"] == "456260"


def test_code_needs_six_or_eight_digits():
    wrong = ("", "12345", "1234567", "12345a", "12\x003456", "x" * 1001, "123456 654321")

    assert {typed: set(CodeForm({"code": typed}).errors) for typed in wrong} == {typed: {"code"} for typed in wrong}


@pytest.mark.parametrize("typed", ["", "anna", "a b@example.com", "a@b\n@c"])
def test_address_names_its_error(typed):
    (message,) = AddressForm({"email": typed}).errors["email"]
    assert message.startswith("Enter ")


def test_address_is_normalized():
    form = AddressForm({"email": "Anna <\u200bAnna＠ｅxample。com>."})
    assert form.is_valid()
    assert form.cleaned_data["email"] == "anna@example.com"
