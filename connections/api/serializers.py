"""Connections, credentials and providers in responses."""

from typing import Any

from rest_framework import serializers

from companies.api.events import ActSerializer, EventSerializer
from config.api.fields import CountryField, QueryIntegerField, StrictChoiceField
from config.api.query import QuerySerializer
from config.camel_case import to_camel_case
from connections.models import ConnectionEventType, ExtraCredential, LoginName, SecondFactor, UtilityType
from connections.models.status import Status

LOGIN_URL = "https://portal.stadtwerke.example/login"


class ConnectionSerializer(serializers.Serializer[Any]):
    """A company's account at a provider, without its credentials."""

    example = {
        "datasourceName": "portal.stadtwerke.example",
        "url": LOGIN_URL,
        "country": "DE",
        "utilityTypes": ["ELECTRICITY"],
        "metadata": {"meter": "17"},
    }
    id = serializers.UUIDField()
    companyId = serializers.UUIDField(source="company_id")
    datasourceId = serializers.UUIDField(source="datasource_id", allow_null=True)
    datasourceName = serializers.CharField(
        source="provider_name", help_text="Name of the provider, or the host of its login page."
    )
    url = serializers.URLField(source="login_url", help_text="Login page of the provider.")
    status = serializers.ChoiceField(Status.choices)
    statusErrorDetail = serializers.CharField(
        source="status_error_detail", allow_null=True, help_text="Reason of the status, for the partner."
    )
    contributorMessage = serializers.CharField(
        source="contributor_message", allow_null=True, help_text="Text that the contributor sees beside the status."
    )
    country = serializers.CharField(allow_null=True)
    utilityTypes = serializers.ListField(source="utility_types", child=serializers.ChoiceField(UtilityType.choices))
    siteIds = serializers.ListField(source="site_ids", child=serializers.UUIDField())
    connectionOwnerEmail = serializers.CharField(source="owner_email", allow_null=True)
    dataCollectionStartDate = serializers.DateField(source="collection_start_date", allow_null=True)
    verifiedEmail = serializers.CharField(
        source="verified_email", allow_null=True, help_text="Verified address of the person who gave the credentials."
    )
    invitationId = serializers.UUIDField(
        source="origin_invitation_id", allow_null=True, help_text="Invitation that created the connection."
    )
    externalId = serializers.CharField(source="external_id", allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField(allow_blank=True))
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    deletedAt = serializers.DateTimeField(
        source="deleted_at", allow_null=True, help_text="Null, except in the response of `deleteConnection`."
    )


class ConnectionEventSerializer(EventSerializer):
    """Event of a connection."""

    type = serializers.ChoiceField(ConnectionEventType.choices)
    detail = serializers.DictField(
        help_text="For `STATUS_CHANGED`: `from`, `to`, `error` (for the partner) and `message` (for the contributor). "
        "For `UPDATED`: the changed `fields`. For `REPAIR_INVITED` and `CREDENTIALS_CHANGED`: the `invitationId`."
    )


class StatusChangeSerializer(ActSerializer):
    """Creation of a connection, change of its status, or a new reason for the same status."""

    status = serializers.ChoiceField(Status.choices)
    statusErrorDetail = serializers.CharField(allow_null=True)
    contributorMessage = serializers.CharField(allow_null=True)


class ConsentSerializer(serializers.Serializer[Any]):
    """Consent of the person who gave the credentials last."""

    example = {"version": "2026-12-01", "language": "de", "email": "jane@example.com", "withdrawnAt": None}
    version = serializers.CharField(source="consent_version", help_text="Version of the text that was agreed to.")
    language = serializers.CharField(source="consent_language", help_text="Language in which it was shown.")
    givenAt = serializers.DateTimeField(source="created_at")
    email = serializers.CharField(allow_null=True, help_text="Verified address of the person.")
    withdrawnAt = serializers.DateTimeField(
        source="withdrawn_at", allow_null=True, help_text="The connection was disabled then."
    )


class ConnectionDetailsSerializer(ConnectionSerializer):
    """A connection with its consent and its latest events."""

    consent = ConsentSerializer(
        allow_null=True, help_text="The latest consent. Null if no invitation gave credentials to the connection."
    )
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
        help_text="Part of the name or of an alias. Ignores accents and forgives small misspellings in words of four "
        "letters or more. "
        "Empty or omitted: all providers.",
    )
    country = CountryField(required=False)
    utilityType = StrictChoiceField(UtilityType.choices, required=False, help_text="Providers of this utility.")
    limit = QueryIntegerField(min_value=1, max_value=100, default=20, help_text="Number of providers.")


class DatasourceSerializer(serializers.Serializer[Any]):
    """A utility provider of the catalogue."""

    example = {
        "name": "Example Energy",
        "loginUrl": "https://portal.energy.example/login",
        "country": "GB",
        "utilityTypes": ["ELECTRICITY", "GAS"],
        "asksFor": ["accountNumber"],
        "aliases": ["ExEn"],
        "portalName": "My Energy",
        "loginWith": "EMAIL",
        "secondFactor": "TEXT_MESSAGE",
        "passwordResetUrl": "https://portal.energy.example/forgot",
        "loginHelp": None,
    }
    id = serializers.UUIDField()
    name = serializers.CharField()
    loginUrl = serializers.URLField(
        source="login_url", help_text="Login page; the home page of a provider whose login page is not known."
    )
    country = serializers.CharField()
    utilityTypes = serializers.ListField(source="utility_types", child=serializers.ChoiceField(UtilityType.choices))
    asksFor = serializers.ListField(
        child=serializers.ChoiceField([to_camel_case(name) for name in ExtraCredential.values]),
        help_text="Credentials that a connection needs beside user name and password.",
    )
    aliases = serializers.ListField(
        child=serializers.CharField(), help_text="Other names and abbreviations, which `query` finds as well."
    )
    portalName = serializers.CharField(source="portal_name", allow_null=True, help_text="Name of the login page.")
    loginWith = serializers.ChoiceField(
        LoginName.choices, source="login_with", allow_null=True, help_text="What one logs in with. Null: not known."
    )
    secondFactor = serializers.ChoiceField(
        SecondFactor.choices,
        source="second_factor",
        allow_null=True,
        help_text="What the login page may ask for after the password. Null: not known.",
    )
    passwordResetUrl = serializers.URLField(source="password_reset_url", allow_null=True)
    loginHelp = serializers.CharField(
        source="login_help", allow_null=True, help_text="A sentence that contributors see above the user name."
    )


class DatasourceListSerializer(serializers.Serializer[Any]):
    """Matching providers, best match first."""

    datasources = DatasourceSerializer(many=True)
