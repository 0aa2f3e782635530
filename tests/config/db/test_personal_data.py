import pytest

from companies.models import Company
from config.db.personal_data import PersonalColumn, find_address, replace_address
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db
NAME = [PersonalColumn(Company, "name")]
ADDRESS = "anna+x@example.com"


def test_only_the_whole_address_is_replaced():
    texts = {
        "anna+x@example.com": "…",
        "Anna+X@Example.com": "…",
        "<anna+x@example.com>: unknown.": "<…>: unknown.",
        "anna+x@example.com. Thanks": "…. Thanks",
        "joanna+x@example.com": None,
        "anna+x@example.com.au": None,
        "annaax@example.com": None,
    }
    rows = {text: CompanyFactory(name=text) for text in texts}

    assert {text for _, _, text in find_address(NAME, ADDRESS)} == {text for text, new in texts.items() if new}
    assert replace_address(NAME, ADDRESS, "…") == 4

    assert {text: Company.objects.get(pk=row.pk).name for text, row in rows.items()} == {
        text: new or text for text, new in texts.items()
    }


def test_replacement_never_exceeds_the_column():
    CompanyFactory(name="a@b.co " + "y" * 193)
    assert replace_address(NAME, "a@b.co", "a longer placeholder") == 1
    assert len(Company.objects.get().name) == 200
