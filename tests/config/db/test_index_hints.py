"""Searches walk from the newest row only if a page of matches is near."""

import pytest
from django.db.models import Q

from companies.models import Company
from config.db import index_hints
from config.db.index_hints import prefilter_unless_dense
from tests.factories import CompanyFactory

OLD, NEW = Q(name="old"), Q(name="new")


@pytest.fixture
def rows(db, monkeypatch):
    """Five old rows and three new ones, where three are the newest and a page has two."""
    for name, number in {"NEWEST_ROWS": 3, "DENSE_MATCHES": 2, "MAX_SORTED_MATCHES": 5}.items():
        monkeypatch.setattr(index_hints, name, number)
    for name in ("old",) * 5 + ("new",) * 3:
        CompanyFactory(name=name)
    return Company.objects.all()


def test_search_walks_only_to_new_matches(rows):
    assert prefilter_unless_dense(rows, NEW) == NEW
    by_id = prefilter_unless_dense(rows, OLD)
    assert by_id != OLD
    assert set(rows.filter(by_id)) == set(rows.filter(OLD))


def test_search_walks_if_matches_are_many(rows):
    CompanyFactory(name="old")
    for _ in range(3):
        CompanyFactory(name="new")

    assert prefilter_unless_dense(rows, OLD) == OLD
