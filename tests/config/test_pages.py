"""Query parameters and keyset pages."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import signing
from django.http import QueryDict
from rest_framework import serializers

from companies.models import Company
from config.api.exception_handler import QueryName, pointer
from config.api.pagination import PageQuery, QuerySerializer, each, newest_first
from tests.factories import CompanyFactory


class Filter(QuerySerializer):
    colour = serializers.ListField(child=serializers.ChoiceField(["red", "blue"]), required=False)
    size = serializers.IntegerField(required=False)


def asked(query: str, serializer: type[QuerySerializer] = Filter) -> dict[str, Any]:
    request: Any = SimpleNamespace(query_params=QueryDict(query))
    return serializer.of(request)


def wrong(query: str, serializer: type[QuerySerializer] = Filter) -> list[str]:
    with pytest.raises(serializers.ValidationError) as error:
        asked(query, serializer)
    assert all(isinstance(name, QueryName) for name in error.value.detail)
    return sorted(error.value.detail)


def test_a_list_may_be_given_once_or_often_and_a_single_one_once():
    assert asked("colour=red&size=5") == {"colour": ["red"], "size": 5}
    assert asked("colour=red&colour=blue") == {"colour": ["red", "blue"]}
    assert wrong("size=5&size=5") == ["size"]
    with pytest.raises(serializers.ValidationError, match="given more than once"):
        asked("limit=1&limit=2", PageQuery)


def test_everything_that_is_wrong_or_unknown_is_named():
    assert wrong("color=red") == ["color"]
    assert wrong("colour=green&size=x") == ["colour", "size"]
    assert wrong("Size=5&a=1&b=2") == ["Size", "a", "b"]


def test_a_page_has_fifty_rows_unless_asked_for_1_to_100():
    assert asked("", PageQuery) == {"limit": 50}
    assert asked("limit=1", PageQuery)["limit"] == 1
    assert asked("limit=100", PageQuery)["limit"] == 100
    for limit in ("0", "101", "-1", "", "many", "5.0", "+5", " 5", "5 ", "5\n", "٣", "5_0", "1e1", "9" * 5000):
        assert wrong(urlencode({"limit": limit}), PageQuery) == ["limit"], limit


def page(limit: int, cursor: str | None = None) -> dict[str, Any]:
    query = asked(f"limit={limit}" + (f"&cursor={cursor}" if cursor else ""), PageQuery)
    return newest_first("rows", Company.objects.order_by("-pk"), each(lambda row: {"id": row.pk}), **query)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_a_walk_meets_each_row_once_newest_first(db, limit):
    ids = [CompanyFactory().pk for _ in range(7)]

    met, cursor = [], None
    while True:
        found = page(limit, cursor)
        met += [row["id"] for row in found["rows"]]
        cursor = found["nextCursor"]
        assert found["hasNext"] == (cursor is not None)
        if cursor is None:
            break

    assert met == ids[::-1]


def test_a_cursor_leads_on_in_its_own_list_only(db):
    CompanyFactory.create_batch(2)
    cursor = page(1)["nextCursor"]
    forged = signing.Signer(salt="latchkey.cursor").sign("0" * 32)

    assert page(1, cursor)["rows"]
    for query in (
        {"name": "others", "cursor": cursor},
        {"name": "rows", "cursor": forged},
        {"name": "rows", "cursor": "x"},
    ):
        with pytest.raises(serializers.ValidationError) as error:
            newest_first(
                rows=Company.objects.order_by("-pk"), represent=each(lambda row: {"id": row.pk}), limit=1, **query
            )
        assert [pointer((name,)) for name in error.value.detail] == ["?cursor"]


def test_a_page_is_one_query_of_one_row_more_than_it_shows(db, django_assert_num_queries):
    CompanyFactory.create_batch(5)

    with django_assert_num_queries(1) as queries:
        page(2)

    assert "LIMIT 3" in queries.captured_queries[0]["sql"]
    assert "count" not in queries.captured_queries[0]["sql"].lower()


def test_no_rows_are_a_page(db):
    assert page(10) == {"rows": [], "perPage": 10, "hasNext": False, "nextCursor": None}
