"""Events of invitations and connections in responses."""

from typing import Any

from rest_framework import serializers

from companies.models import AbstractEvent, ActorKind
from config.api.representation import Representation


class ActSerializer(serializers.Serializer[Any]):
    """Time and actor."""

    createdAt = serializers.DateTimeField(source="created_at")
    actor = serializers.ChoiceField(ActorKind.choices)
    apiKey = serializers.CharField(
        allow_null=True, help_text="Visible part of the API key, if a partner system acted; else null."
    )
    email = serializers.CharField(allow_null=True)


class EventSerializer(ActSerializer):
    """Base of events. Subclasses declare the `type`."""

    id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=())
    detail = serializers.DictField()


_event = Representation(EventSerializer, computed=["apiKey"])


def represent_event(event: AbstractEvent) -> dict[str, Any]:
    """An event that was read with its `api_key`."""
    return _event(event, apiKey=event.api_key.prefix if event.api_key else None)
