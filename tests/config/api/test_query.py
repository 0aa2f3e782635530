from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from rest_framework import serializers

from config.api.exception_handler import QueryName
from config.api.fields import QueryTimeField, StrictChoiceField
from config.api.query import PageQuery, QuerySerializer, validate_query


class Filter(QuerySerializer):
    colour = serializers.ListField(child=serializers.ChoiceField(["red", "blue"]), required=False)
    size = serializers.IntegerField(required=False)


def validated(query: str, serializer: type[QuerySerializer] = Filter) -> dict[str, Any]:
    return validate_query(serializer, QueryDict(query))


def rejected(query: str, serializer: type[QuerySerializer] = Filter) -> dict[str, list[str]]:
    with pytest.raises(serializers.ValidationError) as error:
        validated(query, serializer)
    assert all(isinstance(name, QueryName) for name in error.value.detail)
    return error.value.detail


def test_only_lists_may_be_repeated():
    assert validated("colour=red&size=5") == {"colour": ["red"], "size": 5}
    assert validated("colour=red&colour=blue") == {"colour": ["red", "blue"]}
    assert rejected("size=5&size=5") == {"size": ["Send this parameter only once."]}


def test_all_errors_are_reported_at_once():
    assert rejected("color=red").keys() == {"color"}
    assert rejected("colour=green&size=x").keys() == {"colour", "size"}
    assert rejected("Size=5&a=1&b=2").keys() == {"Size", "a", "b"}
    assert rejected("colour=green&size=1&size=2&shape=round").keys() == {"colour", "size", "shape"}


def test_unknown_parameters_suggest_the_nearest():
    assert rejected("color=red") == {"color": ["Unknown parameter. Did you mean colour?"]}
    assert rejected("shape=round") == {"shape": ["Unknown parameter."]}


def test_times_are_read_from_a_query():
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    texts = ("2026-01-01T00:00:00Z", "2026-01-01t00:00:00z", "2026-01-01 00:00", "2026-01-01T01:00:00 01:00")
    texts = (*texts, "2026-01-01T01:00:00.000+01:00", "2026-01-01T01:00 0100", "2026-01-01")

    assert {text: QueryTimeField().run_validation(text) for text in texts} == dict.fromkeys(texts, midnight)


def test_errors_name_the_right_values():
    with pytest.raises(serializers.ValidationError, match="Send one of red, blue"):
        StrictChoiceField(["red", "blue"]).run_validation("Red")
    with pytest.raises(serializers.ValidationError, match="such as 2026-11-25T09:30:00Z"):
        QueryTimeField().run_validation("1.1.2026")


def test_limit_is_1_to_100():
    assert validated("", PageQuery) == {"limit": 50}
    assert validated("limit=1", PageQuery)["limit"] == 1
    assert validated("limit=100", PageQuery)["limit"] == 100
    for limit in ("0", "101", "-1", "", "many", "5.0", "+5", " 5", "5 ", "5\n", "٣", "5_0", "1e1", "9" * 5000):
        assert rejected(urlencode({"limit": limit}), PageQuery).keys() == {"limit"}, limit
