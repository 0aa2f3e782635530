"""Names are found by any part, in any case, without accents."""

import pytest

from companies.models import Company
from config.db.name_search import MOST_LETTERS, MOST_WORDS, Folded, fold, name_contains, words_of
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
        ("Ørsted Łódź Straße", ("orsted", "LODZ", "strasse", "straße")),
        ("दिल्ली विद्युत", ("दिल्ली", "विद्", "द")),
        ("ΟΔΟΣ Power", ("οδος", "ΟΔΌΣ")),
    ],
)
def test_name_is_found_by_its_parts(name, terms):
    CompanyFactory(name="Another One")
    company = CompanyFactory(name=name)

    for term in terms:
        assert (term, list(Company.objects.filter(name_contains(term)))) == (term, [company])


@pytest.mark.parametrize("term", ["", "%", "_", "💡", "rive bakerys", "iv", "siderive", "x" * 500, "a " * 500])
def test_other_terms_find_nothing(term):
    CompanyFactory(name="Riverside Bakeries")

    assert list(Company.objects.filter(name_contains(term))) == []


def test_fold_is_the_same_in_sql():
    letters = [chr(code) for code in (*range(0xC0, 0x250), *range(0x370, 0x530), *range(0x1E00, 0x2000))]
    letters = [letter for letter in letters if letter.isalpha()]
    for at in range(0, len(letters), 200):
        CompanyFactory(name="".join(letters[at : at + 200]))

    for name, folded in Company.objects.values_list("name", Folded("name")):
        assert fold(name) == folded


def test_words_are_bounded():
    assert words_of(" ".join(str(number) for number in range(20))) == [str(number) for number in range(MOST_WORDS)]
    assert words_of("É" * 100_000) == ["e" * MOST_LETTERS]
    assert words_of("same SAME sa\u200bme ") == ["same"]
