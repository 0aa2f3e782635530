"""Invitations in requests and responses."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from companies.api.events import EventSerializer
from config.api.fields import (
    CountryField,
    LocaleField,
    MetadataField,
    MultiLineField,
    NullMeansOmitted,
    ReferenceField,
    SingleLineField,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    StrictTimeField,
)
from config.api.validation import as_nested_errors
from config.exceptions import InvalidField
from connections.models import UtilityType
from connections.models.status import Status as ConnectionStatus
from invitations.api.deliveries import DeliverySerializer
from invitations.models import (
    MAX_ALLOWED_EMAILS,
    MAX_LIFETIME,
    MAX_MAX_USES,
    MAX_MESSAGE_LENGTH,
    EventType,
    InvitationType,
)
from invitations.models.prefill import LOCKABLE, WIRE_NAMES, Prefill
from invitations.models.status import Status
from invitations.services.invitations import MAX_REASON_LENGTH
from invitations.services.terms import MIN_LIFETIME

TOKEN = "mE3vT0yq1kq4kY0cVJm5b2Zr9w8oQ7aXhL6sNdPfGtU"  # noqa: S105 - an example
UNREADABLE = "Null if the stored link cannot be decrypted. `rotateInvitation` creates a new one."
PREFILL = {"country": "GB", "utilityTypes": ["ELECTRICITY"], "lockedFields": ["country"]}
OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}


class PrefillFields(StrictSerializer):
    """Initial values of the form. Null means omitted."""

    def valid_part(self, data: Any) -> dict[str, Any]:
        """Leave out what depends on other fields, which may be the wrong ones."""
        valid = super().valid_part(data)
        left_out = {"locked_fields", "url" if valid.get("datasource_id") else ""}
        return {name: value for name, value in valid.items() if name not in left_out}

    datasourceId = serializers.UUIDField(source="datasource_id", **OPTIONAL, help_text="Provider from the catalogue.")
    url = StrictCharField(max_length=500, **OPTIONAL, help_text="Login page of a provider outside the catalogue.")
    initialSites = StrictListField(
        child=serializers.UUIDField(),
        source="initial_sites",
        **OPTIONAL,
        max_length=1000,
        help_text="Sites of the same company.",
    )
    utilityTypes = StrictListField(
        child=StrictChoiceField(UtilityType.choices), source="utility_types", **OPTIONAL, max_length=7
    )
    country = CountryField(**OPTIONAL)
    connectionOwnerEmail = StrictCharField(source="connection_owner_email", max_length=254, **OPTIONAL)
    dataCollectionStartDate = serializers.DateField(
        source="data_collection_start_date", **OPTIONAL, help_text="Between 1970-01-01 and a year from now."
    )
    lockedFields = StrictListField(
        child=StrictChoiceField([WIRE_NAMES[name] for name in LOCKABLE]),
        source="locked_fields",
        **OPTIONAL,
        max_length=len(LOCKABLE),
        help_text="Fields that the contributor sees but cannot change. Each needs a value.",
    )


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


class WithPrefill(StrictSerializer):
    prefill = PrefillFields(**OPTIONAL)

    def validate_prefill(self, values: dict[str, Any] | None) -> Prefill | None:
        try:
            return None if values is None else to_prefill(values)
        except InvalidField as error:
            raise as_nested_errors(error, below="prefill") from None


class CreateRepairInvitation(NullMeansOmitted, InvitationFields):
    """A new invitation to repair a connection. Every field is optional."""

    example: dict[str, Any] = {"allowedEmails": ["jane@example.com"], "sendEmail": True, "maxUses": 1}
    sendEmail = StrictBooleanField(
        source="send_email", **OPTIONAL, help_text="Mail a personal link to each allowed address."
    )
    locale = LocaleField(**OPTIONAL, help_text="Language of pages and mails (BCP 47). Default: that of the company.")
    redirectUrl = StrictCharField(
        source="redirect_url",
        max_length=500,
        **OPTIONAL,
        help_text="Where the contributor may go when done. Must be on your list of redirect URLs.",
    )


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


def to_prefill(values: dict[str, Any]) -> Prefill:
    """Return the validated body as a `Prefill`. Null means omitted."""
    names = {wire: name for name, wire in WIRE_NAMES.items()}
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if value
    }
    if "locked_fields" in given:
        given["locked_fields"] = tuple(dict.fromkeys(names[wire] for wire in given["locked_fields"]))
    return Prefill(**given)


class ResendInvitation(StrictSerializer):
    """Recipients. An empty object, or no body: all allowed addresses."""

    example = {"emails": ["jane@example.com"]}
    emails = StrictListField(
        child=StrictCharField(max_length=254),
        **OPTIONAL,
        max_length=MAX_ALLOWED_EMAILS,
        help_text="Some of the allowed addresses. Omitted: all of them.",
    )


class RevokeInvitation(StrictSerializer):
    """Reason for the event log. The body may be omitted."""

    example = {"reason": "Sent to the wrong person"}
    reason = SingleLineField(max_length=MAX_REASON_LENGTH, **OPTIONAL)


class CreatedConnectionSerializer(serializers.Serializer[Any]):
    """A connection that was created through the invitation."""

    id = serializers.UUIDField()
    datasourceName = serializers.CharField(source="provider_name")
    status = serializers.ChoiceField(ConnectionStatus.choices)
    created = serializers.DateTimeField(source="created_at")


class PrefillSerializer(serializers.Serializer[Any]):
    """Initial values of the form. Fields without a value are omitted."""

    datasourceId = serializers.UUIDField(required=False)
    url = serializers.URLField(required=False)
    initialSites = serializers.ListField(child=serializers.UUIDField(), required=False)
    utilityTypes = serializers.ListField(child=serializers.ChoiceField(UtilityType.choices), required=False)
    country = serializers.CharField(required=False)
    connectionOwnerEmail = serializers.CharField(required=False)
    dataCollectionStartDate = serializers.DateField(required=False)
    lockedFields = serializers.ListField(
        child=serializers.ChoiceField([WIRE_NAMES[name] for name in LOCKABLE]), required=False
    )


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


class InvitationEventSerializer(EventSerializer):
    """Event of an invitation."""

    type = serializers.ChoiceField(
        EventType.choices,
        help_text="`VIEWED`: a person opened the page. `FETCHED`: a program did, such as a mail scanner or a preview.",
    )
    detail = serializers.DictField(
        help_text="For `UPDATED`: the changed `fields`, and in `changes` the old and new values of `expiresAt` and "
        "`maxUses`. For `DELIVERY_FAILED`: the `reason`, and the `fault` as in a delivery. "
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
