from types import SimpleNamespace

import pytest
from rest_framework import serializers

from config.api.representation import Representation


class ThingSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    createdAt = serializers.DateTimeField(source="created_at")
    link = serializers.URLField()
    name = serializers.CharField()


ROW = SimpleNamespace(id=1, created_at="now", name="x", secret="hidden")


def test_fields_show_their_sources_in_order():
    represent = Representation(ThingSerializer, computed=["link"])

    assert list(represent(ROW, link="https://x").items()) == [
        *(("id", 1), ("createdAt", "now"), ("link", "https://x"), ("name", "x"))
    ]
    assert represent.columns == ("id", "created_at", "name")


def test_computed_fields_must_be_passed():
    represent = Representation(ThingSerializer, computed=["link"])

    for computed in ({}, {"link": "x", "name": "y"}):
        with pytest.raises(TypeError, match="link"):
            represent(ROW, **computed)
    with pytest.raises(TypeError, match="colour"):
        Representation(ThingSerializer, computed=["colour"])
