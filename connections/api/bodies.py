"""Connections and credentials in requests."""

from typing import Any, cast

from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers

from config.api.fields import (
    CountryField,
    MetadataField,
    MultiLineField,
    NullMeansOmitted,
    ReferenceField,
    SingleLineField,
    StrictCharField,
    StrictChoiceField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    StrictUUIDField,
)
from config.exceptions import InvalidField
from connections.api.serializers import LOGIN_URL
from connections.models import ExtraCredential, UtilityType
from connections.models.status import Status
from connections.services.closing import MAX_REASON_LENGTH
from connections.services.credentials import Credentials, with_questions

MOST_ANSWERS = 10
CREDENTIAL_NAMES = {"username", "password", "security_answers", *ExtraCredential.values}


class StatusTexts(StrictSerializer):
    """Texts beside a status."""

    statusErrorDetail = MultiLineField(
        source="error_detail",
        max_length=2000,
        required=False,
        allow_null=True,
        help_text="Reason of the status, for the partner. The contributor never sees it. If omitted and the status is "
        "unchanged, the earlier reason stays.",
    )
    contributorMessage = MultiLineField(
        source="contributor_message",
        max_length=500,
        required=False,
        allow_null=True,
        help_text="Text that the contributor sees beside the status, word for word.",
    )


class ReportStatus(StatusTexts):
    """Result of a check by a collector."""

    example = {"status": "CONNECTED", "credentialsVersion": 1}
    status = StrictChoiceField(
        Status.choices,
        help_text="`PENDING` and `DISABLED` are rejected (409): they are not outcomes of a check.",
    )
    credentialsVersion = StrictIntegerField(
        source="credentials_version",
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Version that was checked. If the credentials have changed since, the report is rejected (409).",
    )


class SecurityAnswer(StrictSerializer):
    """A security question and its answer."""

    question = StrictCharField(max_length=254)
    answer = StrictCharField(max_length=254, trim_whitespace=False, write_only=True)


class CredentialFields(StrictSerializer):
    username = StrictCharField(max_length=254)
    password = StrictCharField(max_length=1000, trim_whitespace=False, write_only=True)
    accountNumber = StrictCharField(source="account_number", max_length=100, required=False, write_only=True)
    securityAnswer = StrictCharField(
        source="security_answer",
        max_length=254,
        trim_whitespace=False,
        required=False,
        write_only=True,
        help_text="A single answer without its question. Otherwise use `securityAnswers`.",
    )
    securityAnswers = StrictListField(
        child=SecurityAnswer(),
        source="security_answers",
        required=False,
        write_only=True,
        max_length=MOST_ANSWERS,
        help_text="Answers with their questions, instead of `securityAnswer`.",
    )
    authenticatorSeed = StrictCharField(
        source="authenticator_seed",
        max_length=254,
        trim_whitespace=False,
        required=False,
        write_only=True,
        help_text="Key of an authenticator app.",
    )


class AccountFields(StrictSerializer):
    country = CountryField(required=False, allow_null=True)
    utilityTypes = StrictListField(
        child=StrictChoiceField(UtilityType.choices), source="utility_types", required=False, max_length=7
    )
    siteIds = StrictListField(
        child=StrictUUIDField(),
        source="site_ids",
        required=False,
        max_length=1000,
        help_text="Sites of the same company.",
    )
    connectionOwnerEmail = StrictCharField(source="owner_email", max_length=254, required=False, allow_null=True)
    dataCollectionStartDate = serializers.DateField(
        source="collection_start_date",
        required=False,
        allow_null=True,
        help_text="Between 1970-01-01 and a year from now.",
    )


class DetailFields(AccountFields):
    externalId = ReferenceField(
        source="external_id", max_length=255, required=False, allow_null=True, help_text="Your own reference."
    )
    metadata = MetadataField()


class CreateConnection(NullMeansOmitted, CredentialFields, DetailFields):
    """A new connection with its credentials."""

    example = {
        "url": LOGIN_URL,
        "username": "riverside",
        "password": "the password at the provider",
        "country": "DE",
        "utilityTypes": ["ELECTRICITY"],
        "externalId": "meter-17",
    }
    datasourceId = StrictUUIDField(
        source="datasource_id", required=False, allow_null=True, help_text="Provider from the catalogue."
    )
    url = StrictCharField(
        max_length=500, required=False, allow_null=True, help_text="Login page of a provider outside the catalogue."
    )


class UpdateConnection(CredentialFields, DetailFields):
    """Fields to change. Omitted fields keep their value. New credentials have at least `username` and `password`."""

    example = {"externalId": "meter-18", "connectionOwnerEmail": "owner@example.com"}
    username = StrictCharField(max_length=254, required=False)
    password = StrictCharField(max_length=1000, trim_whitespace=False, required=False, write_only=True)

    @sensitive_variables()
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in ("username", "password") if name not in attrs]
        if missing and attrs.keys() & CREDENTIAL_NAMES:
            error = serializers.ErrorDetail("Send the user name and the password together.", "required")
            raise serializers.ValidationError({name: [error] for name in missing})
        return attrs


class DisableConnection(StrictSerializer):
    """Reason for the event log. The body may be omitted."""

    example = {"reason": "The lease of the shop has ended"}
    reason = SingleLineField(max_length=MAX_REASON_LENGTH, required=False, allow_null=True)


@sensitive_variables()
def take_credentials(values: dict[str, Any]) -> Credentials:
    """Remove the credentials from a validated body and return them. Rejects one security answer beside several."""
    names = ("username", "password", *ExtraCredential.values)
    taken: Any = {name: values.pop(name) for name in names if name in values}
    if answers := values.pop("security_answers", []):
        if "security_answer" in taken:
            raise InvalidField(("security_answers",), "Send either securityAnswer or securityAnswers.")
        taken |= with_questions(answers)
    return cast(Credentials, taken)
