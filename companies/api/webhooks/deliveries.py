"""Deliveries of webhooks in responses, and the filters of their list."""

from typing import Any

from rest_framework import serializers

from companies.models import MAX_ANSWER_LENGTH, PartnerEventType, WebhookAttempt, WebhookDelivery, WebhookStatus
from companies.services.webhooks.messages import message_body
from config.api.fields import StrictChoiceField, StrictListField
from config.api.query import PageQuery
from config.api.representation import Representation

MAX_SHOWN_ATTEMPTS = 100
EXAMPLE_ID = "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21"


class DeliveryQuery(PageQuery):
    status = StrictListField(
        child=StrictChoiceField(WebhookStatus.choices), required=False, help_text="Repeat it to match any of several."
    )
    eventId = serializers.UUIDField(required=False, help_text="The `webhook-id` of the message.")


class WebhookDeliverySerializer(serializers.Serializer[Any]):
    """An event on its way to a webhook endpoint."""

    id = serializers.UUIDField()
    eventId = serializers.UUIDField(source="event_id", help_text="The `webhook-id` of the message.")
    type = serializers.ChoiceField(PartnerEventType.choices, source="event.type")
    status = serializers.ChoiceField(
        WebhookStatus.choices, help_text="`PENDING`: there will be an attempt, or the endpoint is paused."
    )
    attempts = serializers.IntegerField(help_text="Number of attempts.")
    nextAttemptAt = serializers.DateTimeField(source="due_at", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    finishedAt = serializers.DateTimeField(
        source="finished_at", allow_null=True, help_text="Time when it was delivered or given up."
    )


class SentMessageSerializer(serializers.Serializer[Any]):
    """The request that carries the event, as it was last sent."""

    url = serializers.CharField()
    headers = serializers.DictField(
        child=serializers.CharField(), help_text="Headers of Standard Webhooks, without the signature."
    )
    body = serializers.CharField(
        help_text="The exact body that was signed. If the endpoint has `includeLinks`, it is shown without `token` and "
        "`invitationUrl`."
    )


class WebhookAttemptSerializer(serializers.Serializer[Any]):
    """One request to the endpoint."""

    number = serializers.IntegerField()
    startedAt = serializers.DateTimeField(source="started_at")
    durationSeconds = serializers.FloatField()
    url = serializers.CharField()
    responseCode = serializers.IntegerField(
        source="response_code", allow_null=True, help_text="Null: there was no response; see `error`."
    )
    answer = serializers.CharField(help_text=f"The first {MAX_ANSWER_LENGTH:,} bytes of the response.")
    error = serializers.CharField(help_text="Why there was no response; else empty.")


class WebhookDeliveryDetailSerializer(WebhookDeliverySerializer):
    """An event on its way to a webhook endpoint, with the request and the responses."""

    example = {
        "request": {
            "url": "https://hooks.example.com/latchkey",
            "headers": {"webhook-id": EXAMPLE_ID, "webhook-timestamp": "1764063000"},
            "body": '{"type":"webhook.test"}',
        },
        "log": [
            {
                "number": 1,
                "startedAt": "2026-11-25T09:30:00.000000Z",
                "durationSeconds": 0.084,
                "url": "https://hooks.example.com/latchkey",
                "responseCode": 204,
                "answer": "",
                "error": "",
            }
        ],
    }
    request = SentMessageSerializer()
    log = WebhookAttemptSerializer(many=True, help_text="The latest 100 attempts, oldest first.")


class RedeliveredSerializer(serializers.Serializer[Any]):
    """Number of deliveries that are sent again."""

    example = {"deliveries": 12}
    deliveries = serializers.IntegerField()
    hasMore = serializers.BooleanField(help_text="True: call it again for the rest.")


represent_delivery = Representation(WebhookDeliverySerializer)
_detail = Representation(WebhookDeliveryDetailSerializer, computed=["request", "log"])
_attempt = Representation(WebhookAttemptSerializer, computed=["durationSeconds"])


def represent_detail(delivery: WebhookDelivery) -> dict[str, Any]:
    """A delivery that was read with its event and endpoint. Shows no links, even if the endpoint gets them."""
    attempts = list(delivery.log.order_by("-pk")[:MAX_SHOWN_ATTEMPTS])[::-1]
    return _detail(
        delivery,
        request=_represent_request(delivery, attempts[-1] if attempts else None),
        log=[_attempt(each, durationSeconds=each.duration.total_seconds()) for each in attempts],
    )


def _represent_request(delivery: WebhookDelivery, last: WebhookAttempt | None) -> dict[str, Any]:
    timestamp = {"webhook-timestamp": str(int(last.started_at.timestamp()))} if last else {}
    return {
        "url": last.url if last else delivery.endpoint.url,
        "headers": {"webhook-id": str(delivery.event_id)} | timestamp,
        "body": message_body(delivery.event, links={}).decode(),
    }
