"""Names are found by any part, in any case, without accents."""

import pytest

from companies.models import Company
from config.db.name_search import name_contains
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("Riverside Bakeries", ("river", "SIDE b", "bakeries river", " rivers ", "ri", "b", "kerie")),
        ("Société Générale", ("societe", "GÉN", "énéra")),
        ("BP", ("bp", "B", "Bp.")),
        ("E.ON Energie", ("e.on", "on energie", "E.ON")),
        ("Mill-House 4", ("mill house", "house-4", "4")),
        ("Водоканал", ("канал", "ВОДО")),
        ("100% Solar_Farm", ("100%", "solar farm", "far")),
    ],
)
def test_a_name_is_found_by_its_parts(name, terms):
    CompanyFactory(name="Another One")
    company = CompanyFactory(name=name)

    for term in terms:
        assert (term, list(Company.objects.filter(name_contains(term)))) == (term, [company])


@pytest.mark.parametrize("term", ["", "%", "_", "💡", "rive bakerys", "iv", "siderive", "x" * 500, "a " * 500])
def test_what_is_no_part_finds_nothing(term):
    CompanyFactory(name="Riverside Bakeries")

    assert list(Company.objects.filter(name_contains(term))) == []
