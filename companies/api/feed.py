"""The events of a partner: the feed, and the message that webhooks send."""

from typing import Any, ClassVar

from django.conf import settings
from django.utils.module_loading import import_string
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.exceptions import EventGone
from companies.models import ApiKey, PartnerEventType, Scope
from companies.services.webhooks.feed import FEED_TYPES, FeedPage, read_feed
from companies.services.webhooks.messages import represent_event
from config.api.examples import example_of
from config.api.exception_handler import QueryName
from config.api.fields import QueryIntegerField, StrictChoiceField, StrictListField
from config.api.query import QuerySerializer
from config.api.schema import errors

EVENT_ID = "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21"


def event_data() -> dict[str, type[serializers.Serializer[Any]]]:
    """Return the serializers of `data` by the first part of the event's type."""
    return {kind: import_string(path) for kind, path in settings.EVENT_SCHEMAS.items()}


def _serializers() -> list[type[serializers.Serializer[Any]]]:
    return [*event_data().values(), TestDataSerializer]


class TestDataSerializer(serializers.Serializer[Any]):
    """The endpoint to which a test event is sent."""

    webhookId = serializers.UUIDField()


@extend_schema_field(PolymorphicProxySerializer("EventData", _serializers, resource_type_field_name=None))
class EventDataField(serializers.DictField):
    """The resource of an event: an invitation or a connection."""


class EventInvitationSerializer(serializers.Serializer[Any]):
    """The invitation that created a connection."""

    id = serializers.UUIDField()
    externalId = serializers.CharField(allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField(allow_blank=True))


class WebhookMessageSerializer(serializers.Serializer[Any]):
    """An event, as webhooks send it and as the feed shows it."""

    @property
    def example(self) -> dict[str, Any]:
        return {"data": example_of(event_data()["invitation"])}

    id = serializers.UUIDField(help_text="The same in every attempt to send it, and in the header `webhook-id`.")
    type = serializers.ChoiceField(PartnerEventType.choices)
    timestamp = serializers.DateTimeField(help_text="When it happened.")
    sequence = serializers.IntegerField(
        help_text="Place in the order of your events. Grows; messages may arrive in another order."
    )
    data = EventDataField(  # type: ignore[assignment]
        help_text="The invitation or the connection as the API showed it at that time. `token` and `invitationUrl` are "
        "left out, unless the endpoint has `includeLinks`."
    )
    previous = serializers.DictField(
        required=False, help_text="For `….updated` and `….status_changed`: the old values of the changed fields."
    )
    invitation = EventInvitationSerializer(
        required=False,
        allow_null=True,
        help_text="For `connection.…`: the invitation that created the connection, null if none did.",
    )


class EventQuery(QuerySerializer):
    after = serializers.UUIDField(
        required=False, help_text="`nextCursor`, or the `id` of the last event that you know. Omitted: from the oldest."
    )
    type = StrictListField(
        child=StrictChoiceField([each.value for each in FEED_TYPES]),
        required=False,
        help_text="Repeat it to match any of several.",
    )
    limit = QueryIntegerField(min_value=1, max_value=100, default=50, help_text="Events of a page.")


class FeedPagination(BasePagination):
    """Pages as `{events: [...], perPage, hasNext, nextCursor}`, oldest first."""

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        cursor = "`after` of your next request, also if there are no further events yet. Null: there was no event yet."
        properties = {
            "events": schema,
            "perPage": {"type": "integer", "example": 50},
            "hasNext": {"type": "boolean", "example": False, "description": "True if more events wait."},
            "nextCursor": {"type": "string", "format": "uuid", "nullable": True, "description": cursor},
        }
        properties["nextCursor"]["example"] = EVENT_ID
        description = "A page of events, oldest first."
        return {"type": "object", "description": description, "required": list(properties), "properties": properties}


class EventViewSet(PartnerViewSet):
    required_scopes: ClassVar[dict[str, Scope | None]] = {"GET": Scope.INVITATIONS_READ}
    query_serializers = {"list": EventQuery}
    pagination_class = FeedPagination

    @extend_schema(
        operation_id="listEvents",
        summary="Read the feed of events",
        responses={200: WebhookMessageSerializer(many=True), **errors(EventGone)},
    )
    def list(self, request: Request) -> Response:
        """Returns the events of at least the last 30 days, oldest first: as webhooks send them, with the same ids.

        Send `nextCursor` as `after` to go on, at once if `hasNext` is true, else when you look again. You then miss no
        event. Events of connections need the scope `connections:read`, too. Repeat `type` to get any of several.
        """
        limit = self.query["limit"]
        types = _readable_types(self.api_key, self.query.get("type"))
        page = read_feed(self.api_key, types=types, after=self.query.get("after"), limit=limit)
        headers = {"Link": f'<{_link_to(page, request)}>; rel="next"'} if page.has_next else None
        return Response(_represent_page(page, limit), headers=headers)


def _represent_page(page: FeedPage, limit: int) -> dict[str, Any]:
    events = [represent_event(event) for event in page.events]
    return {"events": events, "perPage": limit, "hasNext": page.has_next, "nextCursor": page.last_id}


def _link_to(page: FeedPage, request: Request) -> str:
    """Return the URL of what follows the page, with the same filters (RFC 8288)."""
    query = request.query_params.copy()
    query["after"] = str(page.last_id)
    return f"{settings.PUBLIC_URL}{request.path}?{query.urlencode()}"


def _readable_types(key: ApiKey, chosen: list[str] | None) -> list[str]:
    """Return the chosen types, or all that the key may read. Raises `ValidationError` for one that it may not."""
    if Scope.CONNECTIONS_READ in key.scopes:
        return chosen or [*FEED_TYPES]
    of_connections = [each for each in chosen or () if each.startswith("connection.")]
    if of_connections:
        message = f"This API key lacks the scope {Scope.CONNECTIONS_READ}, so it cannot read {of_connections[0]}."
        raise serializers.ValidationError({QueryName("type"): [serializers.ErrorDetail(message, "scope_missing")]})
    return chosen or [each for each in FEED_TYPES if not each.startswith("connection.")]
