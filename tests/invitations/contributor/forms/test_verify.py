import pytest

from invitations.contributor.forms import AddressForm, CodeForm


@pytest.mark.parametrize(
    "typed", ["123456 ", "\t123456\n", "123-456", "123 456", "\u00a0123456", "\u2003123456", "１２３４５６"]
)
def test_code_accepts_blanks_hyphens_full_width(typed):
    form = CodeForm({"code": typed})
    assert form.is_valid()
    assert form.cleaned_data["code"] == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "x" * 41, "12\x003456"])
def test_code_needs_six_digits(typed):
    assert set(CodeForm({"code": typed}).errors) == {"code"}


@pytest.mark.parametrize("typed", ["", "anna", "a b@example.com", "a@b\n@c"])
def test_address_names_its_error(typed):
    (message,) = AddressForm({"email": typed}).errors["email"]
    assert message.startswith("Enter ")


def test_address_is_normalized():
    form = AddressForm({"email": " Anna@ｅxample.com"})
    assert form.is_valid()
    assert form.cleaned_data["email"] == "anna@example.com"
