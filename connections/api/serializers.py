"""Connections, credentials and providers in requests and responses."""

from typing import Any, cast

from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers

from companies.api.events import ActSerializer, EventSerializer
from config.api.fields import (
    CountryField,
    MultiLineField,
    NullMeansOmitted,
    QueryIntegerField,
    StrictCharField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
)
from config.api.query import QuerySerializer
from config.camel_case import to_camel_case
from config.exceptions import InvalidField
from connections.models import ConnectionEventType, ExtraCredential, UtilityType
from connections.models.status import Status
from connections.services.credentials import Credentials, with_questions

MOST_ANSWERS = 10
LOGIN_URL = "https://portal.stadtwerke.example/login"


class ReportStatus(StrictSerializer):
    """Result of a check by a collector."""

    example = {"status": "CONNECTED", "credentialsVersion": 1}
    status = serializers.ChoiceField(
        Status.choices, help_text="`PENDING` is rejected (409): only new credentials lead back to it."
    )
    statusErrorDetail = MultiLineField(
        source="error_detail",
        max_length=2000,
        required=False,
        allow_null=True,
        help_text="Reason of the status. If omitted and the status is unchanged, the earlier reason stays.",
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


class CreateConnection(NullMeansOmitted):
    """A new connection with its credentials."""

    example = {
        "url": LOGIN_URL,
        "username": "riverside",
        "password": "the password at the provider",
        "country": "DE",
        "utilityTypes": ["ELECTRICITY"],
    }
    datasourceId = serializers.UUIDField(
        source="datasource_id", required=False, allow_null=True, help_text="Provider from the catalogue."
    )
    url = StrictCharField(
        max_length=500, required=False, allow_null=True, help_text="Login page of a provider outside the catalogue."
    )
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
    country = CountryField(required=False, allow_null=True)
    utilityTypes = StrictListField(
        child=serializers.ChoiceField(UtilityType.choices), source="utility_types", required=False, max_length=7
    )
    siteIds = StrictListField(
        child=serializers.UUIDField(),
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


class ConnectionSerializer(serializers.Serializer[Any]):
    """A company's account at a provider, without its credentials."""

    example = {
        "datasourceName": "portal.stadtwerke.example",
        "url": LOGIN_URL,
        "country": "DE",
        "utilityTypes": ["ELECTRICITY"],
    }
    id = serializers.UUIDField()
    companyId = serializers.UUIDField(source="company_id")
    datasourceId = serializers.UUIDField(source="datasource_id", allow_null=True)
    datasourceName = serializers.CharField(
        source="provider_name", help_text="Name of the provider, or the host of its login page."
    )
    url = serializers.URLField(source="login_url", help_text="Login page of the provider.")
    status = serializers.ChoiceField(Status.choices)
    statusErrorDetail = serializers.CharField(source="status_error_detail", allow_null=True)
    country = serializers.CharField(allow_null=True)
    utilityTypes = serializers.ListField(source="utility_types", child=serializers.ChoiceField(UtilityType.choices))
    siteIds = serializers.ListField(child=serializers.UUIDField())
    connectionOwnerEmail = serializers.CharField(source="owner_email", allow_null=True)
    dataCollectionStartDate = serializers.DateField(source="collection_start_date", allow_null=True)
    verifiedEmail = serializers.CharField(
        source="verified_email", allow_null=True, help_text="Verified address of the person who gave the credentials."
    )
    invitationId = serializers.UUIDField(
        source="origin_invitation_id", allow_null=True, help_text="Invitation that created the connection."
    )
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")


class ConnectionEventSerializer(EventSerializer):
    """Event of a connection."""

    type = serializers.ChoiceField(ConnectionEventType.choices)


class StatusChangeSerializer(ActSerializer):
    """Creation of a connection, change of its status, or a new reason for the same status."""

    status = serializers.ChoiceField(Status.choices)
    statusErrorDetail = serializers.CharField(allow_null=True)


class ConnectionDetailsSerializer(ConnectionSerializer):
    """A connection with its latest events."""

    statusHistory = StatusChangeSerializer(
        many=True, help_text="The latest 100 changes of status or reason, oldest first."
    )
    events = ConnectionEventSerializer(
        many=True, help_text="The latest 100 events, oldest first. `listConnectionEvents` has all of them."
    )


class SecurityAnswerSerializer(serializers.Serializer[Any]):
    """A security question with its answer, for a collector."""

    question = serializers.CharField(allow_null=True, help_text="Null if only the answer was given.")
    answer = serializers.CharField()


class CredentialsSerializer(serializers.Serializer[Any]):
    """Credentials for the login page of the provider, for a collector."""

    example = {
        "url": LOGIN_URL,
        "username": "riverside",
        "password": "the password at the provider",
        "securityAnswers": [],
    }
    connectionId = serializers.UUIDField(source="pk")
    url = serializers.URLField(source="login_url", help_text="Login page of the provider.")
    credentialsVersion = serializers.IntegerField()
    username = serializers.CharField()
    password = serializers.CharField()
    accountNumber = serializers.CharField(allow_null=True)
    securityAnswer = serializers.CharField(allow_null=True, help_text="The first of `securityAnswers`.")
    securityAnswers = SecurityAnswerSerializer(many=True)
    authenticatorSeed = serializers.CharField(allow_null=True, help_text="Key of an authenticator app.")


class DatasourceQuery(QuerySerializer):
    query = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Part of the name. Ignores accents and forgives small misspellings in words of four letters or more. "
        "Empty or omitted: all providers.",
    )
    country = CountryField(required=False)
    utilityType = serializers.ChoiceField(UtilityType.choices, required=False)
    limit = QueryIntegerField(min_value=1, max_value=100, default=20)


class DatasourceSerializer(serializers.Serializer[Any]):
    """A utility provider of the catalogue."""

    example = {
        "name": "British Gas",
        "loginUrl": "https://www.britishgas.co.uk/identity/",
        "country": "GB",
        "utilityTypes": ["ELECTRICITY", "GAS"],
        "asksFor": ["accountNumber"],
    }
    id = serializers.UUIDField()
    name = serializers.CharField()
    loginUrl = serializers.URLField(source="login_url")
    country = serializers.CharField()
    utilityTypes = serializers.ListField(source="utility_types", child=serializers.ChoiceField(UtilityType.choices))
    asksFor = serializers.ListField(
        child=serializers.ChoiceField([to_camel_case(name) for name in ExtraCredential.values]),
        help_text="Credentials that a connection needs beside user name and password.",
    )


class DatasourceListSerializer(serializers.Serializer[Any]):
    """Matching providers, best match first."""

    datasources = DatasourceSerializer(many=True)


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
