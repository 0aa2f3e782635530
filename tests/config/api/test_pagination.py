from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.http import QueryDict
from rest_framework import serializers

from companies.models import Company
from config.api.exception_handler import pointer
from config.api.pagination import KeysetPagination
from tests.factories import CompanyFactory

REQUEST: Any = SimpleNamespace(
    path="/v2/rows", query_params=QueryDict("limit=3&cursor=old&email=a%2Bb@x.example&s=1&s=2")
)


def page(*args: Any, **kwargs: Any) -> Any:
    return response(*args, **kwargs).data


def response(limit: int, cursor: str | None = None, name: str = "rows", conditions: Any = ()) -> Any:
    view = SimpleNamespace(query={"limit": limit, "cursor": cursor})
    paginator = KeysetPagination.named(name)()
    rows = paginator.paginate_queryset(Company.objects.order_by("-pk"), REQUEST, view, conditions)
    return paginator.get_paginated_response([row.pk for row in rows])


@pytest.mark.parametrize("limit", [1, 3, 6, 7, 8])
def test_pages_have_each_row_once(db, limit):
    ids = [CompanyFactory().pk for _ in range(7)]

    met, cursor = [], None
    while True:
        found = page(limit, cursor)
        met += found["rows"]
        cursor = found["nextCursor"]
        assert found["hasNext"] == (cursor is not None)
        if cursor is None:
            break

    assert met == ids[::-1]


def test_cursors_of_other_lists_are_rejected(db):
    CompanyFactory.create_batch(2)
    cursor = page(1)["nextCursor"]
    forged = signing.Signer(salt="latchkey.cursor").sign("0" * 32)

    assert page(1, cursor)["rows"]
    for name, wrong in (("others", cursor), ("rows", forged), ("rows", "x")):
        with pytest.raises(serializers.ValidationError) as error:
            page(1, wrong, name)
        assert [pointer((field,)) for field in error.value.detail] == ["?cursor"]


def test_disjoint_conditions_are_combined(db):
    ids = [CompanyFactory(name=name).pk for name in ("a", "b", "c", "a", "b")]
    a_or_b = [Q(name="a"), Q(name="b")]

    first = page(3, conditions=a_or_b)

    assert first["rows"] == [ids[4], ids[3], ids[1]]
    assert page(3, first["nextCursor"], conditions=a_or_b)["rows"] == [ids[0]]
    assert page(3, conditions=[Q(name="c")])["rows"] == [ids[2]]


def test_page_is_one_query_without_count(db, django_assert_num_queries):
    CompanyFactory.create_batch(5)

    with django_assert_num_queries(1) as queries:
        page(2)

    assert "LIMIT 3" in queries.captured_queries[0]["sql"]
    assert "count" not in queries.captured_queries[0]["sql"].lower()


def test_empty_page(db):
    assert page(10) == {"rows": [], "perPage": 10, "hasNext": False, "nextCursor": None}


def test_link_leads_to_the_next_page(db):
    CompanyFactory.create_batch(2)

    first, last = response(1), response(2)

    url, relation = first["Link"].split("; ")
    assert relation == 'rel="next"'
    assert url.startswith(f"<{settings.PUBLIC_URL}/v2/rows?limit=3&cursor=")
    assert url.endswith("&email=a%2Bb%40x.example&s=1&s=2>")
    assert QueryDict(url.partition("?")[2])["cursor"] == first.data["nextCursor"]
    assert "Link" not in last
