"""Invitations in requests and responses."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from companies.api.events import EventSerializer
from config.api.fields import (
    LocaleField,
    MetadataField,
    MultiLineField,
    NullMeansOmitted,
    ReferenceField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    StrictTimeField,
)
from connections.models.status import Status as ConnectionStatus
from invitations.api.bodies import OPTIONAL, IfOpenExistsField
from invitations.api.deliveries import DeliverySerializer
from invitations.api.prefill import PREFILL, PrefillSerializer, WithPrefill
from invitations.models import (
    MAX_ALLOWED_EMAILS,
    MAX_LIFETIME,
    MAX_MAX_USES,
    MAX_MESSAGE_LENGTH,
    DeclineReason,
    EventType,
    InvitationType,
)
from invitations.models.status import Status
from invitations.services.terms import MIN_LIFETIME

TOKEN = "mE3vT0yq1kq4kY0cVJm5b2Zr9w8oQ7aXhL6sNdPfGtU"  # noqa: S105 - an example
UNREADABLE = "Null if the stored link cannot be decrypted. `rotateInvitation` creates a new one."


class AllowedEmailsField(StrictListField):
    """Rejects null in an update: only `[]` lifts the restriction, which cannot be sent by accident."""

    default_error_messages = {"null": "Send a list. An empty list allows anyone with the link."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=StrictCharField(max_length=254),
            source="allowed_emails",
            required=False,
            max_length=MAX_ALLOWED_EMAILS,
            help_text="Addresses that may use the invitation, or `*@example.com` for a whole domain. "
            "Empty: anyone with the link.",
            **kwargs,
        )


class InvitationFields(StrictSerializer):
    """Fields of creations and updates."""

    allowedEmails = AllowedEmailsField()
    expiresInSeconds = StrictIntegerField(
        source="expires_in",
        **OPTIONAL,
        min_value=int(MIN_LIFETIME.total_seconds()),
        max_value=int(MAX_LIFETIME.total_seconds()),
        help_text="Counted from now. Null: never expires.",
    )
    maxUses = StrictIntegerField(
        source="max_uses",
        **OPTIONAL,
        min_value=1,
        max_value=MAX_MAX_USES,
        help_text="Number of connections that may be created. Null: unlimited.",
    )
    reminders = StrictBooleanField(
        source="sends_reminders",
        required=False,
        help_text="Remind addresses that were mailed and do not answer. Default: true if the invitation is mailed.",
    )
    allowForwarding = StrictBooleanField(
        source="allows_forwarding",
        required=False,
        help_text="The contributor may forward the invitation to a colleague. Default false.",
    )
    message = MultiLineField(
        max_length=MAX_MESSAGE_LENGTH,
        **OPTIONAL,
        allow_blank=True,
        help_text="Plain text for the contributor, on the page and in the mail.",
    )
    externalId = ReferenceField(source="external_id", max_length=255, **OPTIONAL, help_text="Your own reference.")
    metadata = MetadataField()

    def validate_expiresInSeconds(self, seconds: int | None) -> timedelta | None:
        return None if seconds is None else timedelta(seconds=seconds)

    def validate_metadata(self, pairs: dict[str, str] | None) -> dict[str, str]:
        return pairs or {}


class CreateRepairInvitation(NullMeansOmitted, InvitationFields):
    """A new invitation to repair a connection. Every field is optional."""

    example: dict[str, Any] = {"allowedEmails": ["jane@example.com"], "sendEmail": True, "maxUses": 1}
    sendEmail = StrictBooleanField(
        source="send_email", **OPTIONAL, help_text="Mail a personal link to each allowed address."
    )
    locale = LocaleField(
        **OPTIONAL,
        help_text=(
            "Language of pages and mails (BCP 47). Default: that of the company. "
            "If both are left out, mails are English, and pages follow the visitor's browser."
        ),
    )
    redirectUrl = StrictCharField(
        source="redirect_url",
        max_length=500,
        **OPTIONAL,
        help_text="Where the contributor may go when done. Must be on your list of redirect URLs.",
    )
    ifOpenExists = IfOpenExistsField(source="if_open_exists", **OPTIONAL)


class CreateInvitation(WithPrefill, CreateRepairInvitation):
    """A new invitation to connect an account. Every field is optional."""

    example = {
        "expiresInSeconds": 1209600,
        "maxUses": 1,
        "message": "Please connect the electricity account of the bakery.",
        "prefill": PREFILL,
        "externalId": "order-7781",
        "metadata": {"campaign": "autumn"},
    }


class UpdateInvitation(WithPrefill, InvitationFields):
    """Fields to change. Omitted fields keep their value."""

    example = {"maxUses": 3, "expiresInSeconds": 604800}
    expiresAt = StrictTimeField(source="expires_at", **OPTIONAL, help_text="Instead of `expiresInSeconds`.")
    sendEmail = StrictBooleanField(
        source="send_email",
        required=False,
        help_text="True: mail a personal link to each allowed address that has none. False: mail nothing.",
    )


class CreatedConnectionSerializer(serializers.Serializer[Any]):
    """A connection that was created through the invitation."""

    id = serializers.UUIDField()
    datasourceName = serializers.CharField(source="provider_name")
    status = serializers.ChoiceField(ConnectionStatus.choices)
    created = serializers.DateTimeField(source="created_at")


class InvitationSerializer(serializers.Serializer[Any]):
    """A limited-use link to connect an account, or to send new credentials for a connection."""

    example: dict[str, Any] = {
        "token": TOKEN,
        "invitationUrl": f"https://connect.example.com/p/i/{TOKEN}",
        "locale": "en",
        "prefill": PREFILL,
        "metadata": {"campaign": "autumn"},
        "createdConnections": [],
    }
    id = serializers.UUIDField()
    token = serializers.CharField(allow_null=True, help_text=UNREADABLE)
    invitationType = serializers.ChoiceField(InvitationType.choices, source="invitation_type")
    status = serializers.ChoiceField(Status.choices)
    invitationUrl = serializers.URLField(allow_null=True, help_text=UNREADABLE)
    companyId = serializers.UUIDField(source="company_id")
    connectionId = serializers.UUIDField(
        source="connection_id", allow_null=True, help_text="Connection to repair, for `EDIT_CONNECTION`."
    )
    allowedEmails = serializers.ListField(source="allowed_emails", child=serializers.CharField())
    expiresAt = serializers.DateTimeField(source="expires_at", allow_null=True, help_text="Null: never.")
    maxUses = serializers.IntegerField(source="max_uses", allow_null=True, help_text="Null: unlimited.")
    useCount = serializers.IntegerField(source="use_count")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    prefill = PrefillSerializer()
    createdConnections = CreatedConnectionSerializer(many=True)
    message = serializers.CharField(allow_null=True)
    locale = serializers.CharField()
    externalId = serializers.CharField(source="external_id", allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField(allow_blank=True))
    redirectUrl = serializers.URLField(source="redirect_url", allow_null=True)
    revokedAt = serializers.DateTimeField(source="revoked_at", allow_null=True)
    reminders = serializers.BooleanField(source="sends_reminders")
    allowForwarding = serializers.BooleanField(source="allows_forwarding")
    declinedAt = serializers.DateTimeField(
        source="declined_at", allow_null=True, help_text="When the contributor declined. Null if that did not happen."
    )


class InvitationEventSerializer(EventSerializer):
    """Event of an invitation."""

    type = serializers.ChoiceField(
        EventType.choices,
        help_text="`VIEWED`: a person opened the page. `FETCHED`: a program did, such as a mail scanner or a preview. "
        "`LINK_REQUESTED`: a contributor asks for a new link. Extend the invitation, then resend it.",
    )
    detail = serializers.DictField(
        help_text="For `USED` and `WITHDRAWN`: the `connectionId`, and the `version` and `language` of the text in "
        "`consent`. For `UPDATED`: the changed `fields`, and in `changes` the old and new values of `expiresAt`, "
        "`maxUses`, `reminders` and `allowForwarding`. For `DELIVERY_FAILED`: the `reason`, and the `fault` as in a "
        "delivery. For `REMINDED`: the `reminder`, `FIRST` or `LAST`. For `FORWARDED`: the address `to` which `email` "
        f"forwarded it. For `DECLINED`: the `reason` ({', '.join(DeclineReason.values)}), and its `note` if any. "
        "For events that may happen again and again, such as `VIEWED`: `count` and `lastAt`, if it happened again "
        "within an hour."
    )


class InvitationDetailSerializer(InvitationSerializer):
    """An invitation with its latest events and its deliveries."""

    events = InvitationEventSerializer(many=True, help_text="The latest 100 events, oldest first.")
    hasMoreEvents = serializers.BooleanField(
        help_text="True if there are older events; `listInvitationEvents` returns all."
    )
    deliveries = DeliverySerializer(many=True)
