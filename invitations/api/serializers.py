"""Invitations on the wire."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from companies.api.fields import EmailFilterField
from companies.api.log import LogLineOutput
from config.api.fields import (
    Boolean,
    Country,
    Integer,
    Line,
    List,
    Locale,
    Message,
    NullMeansOmitted,
    StrictSerializer,
    Text,
    TextMap,
)
from config.api.pagination import PageOutput, PageQuery
from connections.models import UtilityType
from connections.models.status import Status as ConnectionStatus
from invitations.models import (
    MAX_ALLOWED_EMAILS,
    MAX_LIFETIME,
    MAX_MAX_USES,
    MAX_MESSAGE_LENGTH,
    MAX_METADATA_KEY_LENGTH,
    MAX_METADATA_PAIRS,
    MAX_METADATA_VALUE_LENGTH,
    DeliveryStatus,
    EventType,
    InvitationType,
)
from invitations.models.prefill import LOCKABLE, WIRE_NAMES, Prefill
from invitations.models.status import Status
from invitations.services.addresses import normalize_allowed
from invitations.services.invitations import MAX_REASON_LENGTH
from invitations.services.terms import MIN_LIFETIME


class PrefillInput(StrictSerializer):
    """What the form has in it beforehand. Null is the same as not given."""

    datasourceId = serializers.UUIDField(source="datasource_id", required=False, allow_null=True)
    url = Text(max_length=500, required=False, allow_null=True)
    initialSites = List(
        child=serializers.UUIDField(), source="initial_sites", required=False, allow_null=True, max_length=1000
    )
    utilityTypes = List(
        child=serializers.ChoiceField(UtilityType.choices),
        source="utility_types",
        required=False,
        allow_null=True,
        max_length=7,
    )
    country = Country(required=False, allow_null=True)
    connectionOwnerEmail = Text(source="connection_owner_email", max_length=254, required=False, allow_null=True)
    dataCollectionStartDate = serializers.DateField(
        source="data_collection_start_date",
        required=False,
        allow_null=True,
        help_text="From 1970 to a year from now.",
    )
    lockedFields = List(
        child=serializers.ChoiceField([WIRE_NAMES[name] for name in LOCKABLE]),
        source="locked_fields",
        required=False,
        allow_null=True,
        max_length=len(LOCKABLE),
        help_text="What the contributor sees and cannot change; each of them has a value.",
    )


class AllowedEmails(List):
    """Null, where it is taken, is the same as not given. A change does not take it: it must open nothing."""

    default_error_messages = {"null": "Give a list. An empty one lets in anyone with the link."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=Text(max_length=254),
            source="allowed_emails",
            required=False,
            max_length=MAX_ALLOWED_EMAILS,
            help_text="Who may use it: addresses, or `*@example.com` for a whole domain. Empty: anyone with the link.",
            **kwargs,
        )


class InvitationFields(StrictSerializer):
    """What can be said when an invitation is made, and changed later."""

    allowedEmails = AllowedEmails()
    expiresInSeconds = Integer(
        source="expires_in",
        required=False,
        allow_null=True,
        min_value=int(MIN_LIFETIME.total_seconds()),
        max_value=int(MAX_LIFETIME.total_seconds()),
        help_text="From now. Null: never.",
    )
    maxUses = Integer(
        source="max_uses",
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MAX_MAX_USES,
        help_text="How many connections may be made; null: any number.",
    )
    message = Message(max_length=MAX_MESSAGE_LENGTH, required=False, allow_null=True, allow_blank=True)
    externalId = Line(source="external_id", max_length=255, required=False, allow_null=True)
    metadata = TextMap(
        max_pairs=MAX_METADATA_PAIRS,
        max_key=MAX_METADATA_KEY_LENGTH,
        max_value=MAX_METADATA_VALUE_LENGTH,
        required=False,
        allow_null=True,
    )

    def validate_expiresInSeconds(self, seconds: int | None) -> timedelta | None:
        return None if seconds is None else timedelta(seconds=seconds)

    def validate_metadata(self, pairs: dict[str, str] | None) -> dict[str, str]:
        return pairs or {}


class Prefilled(StrictSerializer):
    prefill = PrefillInput(required=False, allow_null=True)

    def validate_prefill(self, given: dict[str, Any] | None) -> Prefill | None:
        return None if given is None else to_prefill(given)


class RepairInput(NullMeansOmitted, InvitationFields):
    """Every field may be left out. There is nothing to fill in beforehand: the provider stands fast."""

    sendEmail = Boolean(
        source="send_email", required=False, allow_null=True, help_text="Mail each allowed address its own link."
    )
    locale = Locale(required=False, allow_null=True, help_text="BCP 47; the company's when omitted.")
    redirectUrl = Text(
        source="redirect_url",
        max_length=500,
        required=False,
        allow_null=True,
        help_text="On the partner's list; where the contributor may go on to when done.",
    )


class InvitationInput(Prefilled, RepairInput):
    """Every field may be left out."""


class InvitationChanges(Prefilled, InvitationFields):
    """What is left out stays as it is."""

    expiresAt = serializers.DateTimeField(source="expires_at", required=False, allow_null=True)


def to_prefill(given: dict[str, Any]) -> Prefill:
    """The checked body as a `Prefill`; null is the same as not given."""
    names = {wire: name for name, wire in WIRE_NAMES.items()}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items() if value
    }
    if "locked_fields" in values:
        values["locked_fields"] = tuple(dict.fromkeys(names[wire] for wire in values["locked_fields"]))
    return Prefill(**values)


class ResendInput(StrictSerializer):
    """To whom. An empty object, or no body: to all."""

    emails = List(
        child=Text(max_length=254),
        required=False,
        allow_null=True,
        max_length=MAX_ALLOWED_EMAILS,
        help_text="Some of the allowed addresses; all of them when left out.",
    )


class RevokeInput(StrictSerializer):
    """Why, for the log; or no body."""

    reason = Line(max_length=MAX_REASON_LENGTH, required=False, allow_null=True)


class InvitationQuery(PageQuery):
    status = List(child=serializers.ChoiceField(Status.choices), required=False)
    invitationType = List(child=serializers.ChoiceField(InvitationType.choices), required=False)
    email = EmailFilterField(normalize_allowed, required=False, help_text="Exact, in any case; or `*@example.com`.")
    connectionId = serializers.UUIDField(required=False)
    externalId = serializers.CharField(max_length=255, required=False)
    createdAfter = serializers.DateTimeField(required=False)
    createdBefore = serializers.DateTimeField(required=False)


class CreatedConnection(serializers.Serializer[Any]):
    """A connection that was made through the invitation."""

    id = serializers.UUIDField()
    datasourceName = serializers.CharField()
    status = serializers.ChoiceField(ConnectionStatus.choices)
    created = serializers.DateTimeField()


class PrefillOutput(serializers.Serializer[Any]):
    """What the form has in it beforehand; what was not given is left out."""

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


class InvitationOutput(serializers.Serializer[Any]):
    """A limited-use link that leads to a connection, or to new login details for one."""

    id = serializers.UUIDField()
    token = serializers.CharField()
    invitationType = serializers.ChoiceField(InvitationType.choices)
    status = serializers.ChoiceField(Status.choices)
    invitationUrl = serializers.URLField()
    companyId = serializers.UUIDField()
    connectionId = serializers.UUIDField(allow_null=True)
    allowedEmails = serializers.ListField(child=serializers.CharField())
    expiresAt = serializers.DateTimeField(allow_null=True)
    maxUses = serializers.IntegerField(allow_null=True)
    useCount = serializers.IntegerField()
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    prefill = PrefillOutput()
    createdConnections = CreatedConnection(many=True)
    message = serializers.CharField(allow_null=True)
    locale = serializers.CharField()
    externalId = serializers.CharField(allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField(allow_blank=True))
    redirectUrl = serializers.URLField(allow_null=True)
    revokedAt = serializers.DateTimeField(allow_null=True)


class EventOutput(LogLineOutput):
    """A line of an invitation's log."""

    type = serializers.ChoiceField(EventType.choices)
    detail = serializers.DictField(
        help_text="Of `UPDATED`: the `fields` that were changed, and in `changes` the old and the new value of "
        "`expiresAt` and `maxUses`."
    )


class DeliveryOutput(serializers.Serializer[Any]):
    """What became of the mail to one address."""

    email = serializers.CharField()
    status = serializers.ChoiceField(DeliveryStatus.choices)
    attempts = serializers.IntegerField()
    lastAttemptAt = serializers.DateTimeField(allow_null=True)
    lastError = serializers.CharField(allow_null=True, help_text="In words.")


class InvitationDetailOutput(InvitationOutput):
    """An invitation with its whole log and its mails."""

    events = EventOutput(many=True)
    deliveries = DeliveryOutput(many=True)


class InvitationPage(PageOutput):
    """Invitations, newest first."""

    invitations = InvitationOutput(many=True)
