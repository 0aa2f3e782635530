"""A line of a log on the wire, whatever the log is of."""

from typing import Any

from rest_framework import serializers

from companies.actors import ActorKind
from companies.log import AbstractEvent


class ActOutput(serializers.Serializer[Any]):
    """When it was done, and by whom."""

    createdAt = serializers.DateTimeField()
    actor = serializers.ChoiceField(ActorKind.choices)
    apiKey = serializers.CharField(
        allow_null=True, help_text="The visible part of the API key that did it; null for everybody else."
    )
    email = serializers.CharField(allow_null=True)


class LogLineOutput(ActOutput):
    """What types there are is for the subclass to say."""

    id = serializers.UUIDField()
    detail = serializers.DictField()


def represent_log_line(line: AbstractEvent) -> dict[str, Any]:
    """A line that was read with its `api_key`."""
    return {
        "id": line.pk,
        "type": line.type,
        "createdAt": line.created_at,
        "actor": line.actor,
        "apiKey": line.api_key.prefix if line.api_key else None,
        "email": line.email,
        "detail": line.detail,
    }
