"""The `webhooks` of the OpenAPI document: each type of event with an example."""

from typing import Any

from rest_framework import serializers

from companies.api.feed import EVENT_ID, WebhookMessageSerializer, event_data
from companies.models import PartnerEventType
from config.api.examples import BY_TYPE, example_of

# example and description
HEADERS = {
    "webhook-id": (EVENT_ID, "Id of the event. A message that was sent before has the same."),
    "webhook-timestamp": ("1795599000", "Seconds since 1970. Reject messages that are older than 5 minutes."),
    "webhook-signature": (
        "v1,9iuS1nMYlyAx3SbVUZhnKHqUVzhk01xTqLj6LlLvu2Q=",
        "HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`, by Standard Webhooks. While a secret is replaced, "
        "there are several, separated by blanks. Verify it before you read the body.",
    ),
}
DESCRIPTION = (
    "Answer with a 2xx within 10 seconds, and do the work afterwards. Other answers are tried again for about three "
    "days, so a message may come twice: skip an `id` that you know. Ignore types that you do not know."
)
NOW = BY_TYPE[serializers.DateTimeField]
# what differs from the example of the resource
CHANGED: dict[str, dict[str, Any]] = {
    PartnerEventType.INVITATION_USED: {"useCount": 1},
    PartnerEventType.INVITATION_FULFILLED: {"status": "FULFILLED", "maxUses": 1, "useCount": 1},
    PartnerEventType.INVITATION_EXPIRED: {"status": "EXPIRED", "expiresAt": NOW},
    PartnerEventType.INVITATION_REVOKED: {"status": "REVOKED", "revokedAt": NOW},
    PartnerEventType.INVITATION_UPDATED: {"maxUses": 3},
    PartnerEventType.CONNECTION_UPDATED: {"externalId": "meter-17"},
    PartnerEventType.CONNECTION_STATUS_CHANGED: {"status": "CONNECTED"},
    PartnerEventType.CONNECTION_DELETED: {"status": "DISABLED", "deletedAt": NOW},
}
PREVIOUS: dict[str, dict[str, Any]] = {
    PartnerEventType.INVITATION_UPDATED: {"maxUses": 1},
    PartnerEventType.CONNECTION_UPDATED: {"externalId": None},
    PartnerEventType.CONNECTION_STATUS_CHANGED: {"status": "PENDING"},
}


def add_webhooks(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: list the messages that partners receive."""
    result["webhooks"] = {event_type.value: {"post": _operation(event_type)} for event_type in PartnerEventType}
    return result


def example_message(event_type: PartnerEventType) -> dict[str, Any]:
    kind = event_type.partition(".")[0]
    message = example_of(WebhookMessageSerializer()) | {"id": EVENT_ID, "type": event_type.value}
    if event_type == PartnerEventType.WEBHOOK_TEST:
        return message | {"data": {"webhookId": EVENT_ID}}
    message["data"] = _example_data(kind) | CHANGED.get(event_type, {})
    if event_type in PREVIOUS:
        message["previous"] = PREVIOUS[event_type]
    if kind == "connection":
        message["data"]["invitationId"] = EVENT_ID
        message["invitation"] = {"id": EVENT_ID, "externalId": "order-7781", "metadata": {"campaign": "autumn"}}
    return message


def _example_data(kind: str) -> dict[str, Any]:
    return example_of(event_data()[kind])


def _operation(event_type: PartnerEventType) -> dict[str, Any]:
    message = {"$ref": "#/components/schemas/WebhookMessage"}
    examples = {event_type.value: {"value": example_message(event_type)}}
    return {
        "operationId": f"on{event_type.value.title().replace('.', '').replace('_', '')}",
        "summary": str(event_type.label),
        "description": DESCRIPTION,
        "tags": ["message"],
        "security": [],
        "parameters": [
            {
                "in": "header",
                "name": name,
                "required": True,
                "schema": {"type": "string", "example": example},
                "description": description,
            }
            for name, (example, description) in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": message, "examples": examples}}},
        "responses": {"200": {"description": "Received. Any other 2xx means the same."}},
    }
