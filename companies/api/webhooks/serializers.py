"""Webhook endpoints in requests and responses."""

from typing import Any

from rest_framework import serializers

from companies.api.fields import AddressField
from companies.models import Disabled, EndpointStatus, PartnerEventType, WebhookEndpoint
from companies.services.partners import MAX_KEY_COMPANIES
from companies.services.webhooks.endpoints import MAX_DESCRIPTION_LENGTH
from config.api.fields import (
    NullMeansOmitted,
    SingleLineField,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
    StrictListField,
    StrictSerializer,
    StrictTimeField,
    StrictUUIDField,
)
from config.api.representation import Representation

SECRET = "whsec_c2VjcmV0IG9mIGFuIGV4YW1wbGUgb25seSEhISEhIQ=="  # noqa: S105 - of the examples


class WebhookFields(StrictSerializer):
    url = StrictCharField(
        max_length=2000, help_text="https, port 443 or above 1024, and a host on the public internet."
    )
    description = SingleLineField(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, required=False)
    eventTypes = StrictListField(
        child=StrictChoiceField(PartnerEventType.choices),
        source="event_types",
        max_length=100,
        required=False,
        help_text="Events to send. Empty: all, also those that are added later.",
    )
    companyIds = StrictListField(
        child=StrictUUIDField(),
        source="company_ids",
        max_length=MAX_KEY_COMPANIES,
        required=False,
        help_text="Companies whose events are sent. Empty: all. A key that is limited to companies must name some.",
    )
    includeLinks = StrictBooleanField(
        source="include_links",
        required=False,
        help_text="Send `token` and `invitationUrl` of invitations, too. The link lets its reader fill in the form. "
        "Default false.",
    )
    contactEmail = AddressField(
        source="contact_email",
        allow_null=True,
        required=False,
        help_text="Is told by mail when Latchkey stops sending to the endpoint.",
    )


class CreateWebhook(NullMeansOmitted, WebhookFields):
    """A new webhook endpoint. Only `url` is required."""

    example: dict[str, Any] = {
        "url": "https://hooks.example.com/latchkey",
        "description": "Billing system",
        "eventTypes": ["invitation.used", "connection.status_changed"],
        "companyIds": [],
        "includeLinks": False,
        "contactEmail": "it@example.com",
    }


class UpdateWebhook(WebhookFields):
    """Fields to change. Omitted fields keep their value."""

    example = {"description": "Billing system, new server"}
    url = StrictCharField(max_length=2000, required=False)


class RedeliverFailed(StrictSerializer):
    """`since`: the time of the oldest event to send again."""

    example = {"since": "2026-11-25T09:30:00Z"}
    since = StrictTimeField()


class WebhookSerializer(serializers.Serializer[Any]):
    """A webhook endpoint: a URL to which events are sent, signed as Standard Webhooks describes."""

    example = CreateWebhook.example
    id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField()
    status = serializers.ChoiceField(
        EndpointStatus.choices, help_text="`DISABLED`: Latchkey stopped sending; resume it when it works again."
    )
    disabledBecause = serializers.ChoiceField(
        Disabled.choices,
        source="disabled_because",
        allow_null=True,
        help_text="`GONE`: it answered 410. `FAILING`: nothing arrived for five days.",
    )
    failingSince = serializers.DateTimeField(
        source="failing_since", allow_null=True, help_text="Time of the first failed attempt since the last success."
    )
    eventTypes = serializers.ListField(source="event_types", child=serializers.ChoiceField(PartnerEventType.choices))
    companyIds = serializers.ListField(source="company_ids", child=serializers.UUIDField())
    includeLinks = serializers.BooleanField(source="include_links")
    contactEmail = serializers.EmailField(source="contact_email", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")


class WebhookWithSecretSerializer(WebhookSerializer):
    """A webhook endpoint with its secret, which no other response shows."""

    example = CreateWebhook.example | {"secret": SECRET}
    secret = serializers.CharField(help_text="Verifies the signature of each message.")


_webhook = Representation(WebhookSerializer)
_webhook_with_secret = Representation(WebhookWithSecretSerializer, computed=["secret"])


def represent_webhook(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return _webhook(endpoint)


def represent_with_secret(endpoint: WebhookEndpoint, secret: str) -> dict[str, Any]:
    return _webhook_with_secret(endpoint, secret=secret)
