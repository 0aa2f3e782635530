import pytest

from companies.models import Company
from config.db.personal_data import PersonalColumn, SoughtAddress, find_address, replace_address
from tests.factories import CompanyFactory

ADDRESS = "anna+x@example.com"
NAME = [PersonalColumn(Company, "name")]


def replaced(texts, address=ADDRESS, holds="text"):
    return {text: SoughtAddress(address).replace_in(text, "…", holds) for text in texts}


def test_text_loses_the_whole_address_only():
    texts = {
        "anna+x@example.com": "…",
        "Anna+X@Example.com": "…",
        "<anna+x@example.com>: unknown.": "<…>: unknown.",
        "anna+x@example.com. Thanks": "…. Thanks",
        "Hello\nanna+x@example.com\tcrm/anna+x@example.com": "Hello\n…\tcrm/…",
        "'anna+x@example.com' or anna+x＠example.com": "'…' or …",
        "?user=anna%2Bx%40example.com&m=%3Canna%2bx%40EXAMPLE.com%3E": "?user=…&m=%3C…%3E",
        "joanna+x@example.com, mary-anna+x@example.com": None,
        "o'anna+x@example.com": None,
        "anna+x@example.com.au": None,
        "anna+x@example.com-mail.de": None,
        "annaax@example.com": None,
    }
    assert replaced(texts) == {text: text if new is None else new for text, new in texts.items()}


def test_domain_is_found_in_its_own_letters():
    texts = {
        "Anna@Bücher.example": "…",
        "anna@xn--bcher-kva.example": "…",
        "anna@bucher.example": "anna@bucher.example",
    }
    assert replaced(texts, "anna@xn--bcher-kva.example") == texts


def test_references_are_made_of_parts():
    texts = {
        "crm-anna+x@example.com_2": "crm-…_2",
        "anna+x@example.com.csv": "….csv",
        "joanna+x@example.com": "joanna+x@example.com",
        "anna+x@example.com.au": "anna+x@example.com.au",
    }
    assert replaced(texts, holds="reference") == texts


def test_whole_addresses_are_compared():
    texts = {"Anna+x@example.com": "…", "jo/anna+x@example.com": "jo/anna+x@example.com"}
    assert replaced(texts, holds="address") == texts


def test_other_addresses_are_masked():
    sought = SoughtAddress("o'brien@example.com")
    text = "O'Brien@example.com, brien@example.com; x@y.de and o'brien@example.com"
    assert sought.mask_others(text, "…") == "O'Brien@example.com, …; … and o'brien@example.com"


@pytest.mark.django_db
def test_matching_rows_are_found_and_replaced():
    for name in ("To Anna+X@example.com", "joanna+x@example.com", "Ben"):
        CompanyFactory(name=name)
    assert [value for _, _, value in find_address(NAME, ADDRESS, mask="…")] == ["To Anna+X@example.com"]
    assert replace_address(NAME, ADDRESS, "…") == 1
    assert set(Company.objects.values_list("name", flat=True)) == {"To …", "joanna+x@example.com", "Ben"}


@pytest.mark.django_db
def test_replacement_never_exceeds_the_column():
    CompanyFactory(name="a@b.co " + "y" * 193)
    assert replace_address(NAME, "a@b.co", "a longer placeholder") == 1
    assert len(Company.objects.get().name) == 200
