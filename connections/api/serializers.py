"""Connections and providers on the wire. Credentials go in and never come out."""

from typing import Any, cast

from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers

from companies.api.fields import EmailFilterField
from companies.api.log import ActOutput, LogLineOutput
from config.api.exception_handler import camel
from config.api.fields import Country, Integer, List, Message, NullMeansOmitted, QueryInteger, StrictSerializer, Text
from config.api.pagination import PageOutput, PageQuery, QuerySerializer
from config.exceptions import InvalidField
from connections.models import ConnectionEventType, ExtraCredential, UtilityType
from connections.models.status import Status
from connections.services.credentials import Credentials, with_questions

MOST_ANSWERS = 10


class ConnectionQuery(PageQuery):
    status = List(child=serializers.ChoiceField(Status.choices), required=False)
    connectionOwnerEmail = EmailFilterField(required=False, help_text="Exact, in any case.")
    site = serializers.UUIDField(required=False)
    invitationId = serializers.UUIDField(required=False)


class StatusInput(StrictSerializer):
    """What a collector found out."""

    status = serializers.ChoiceField(
        Status.choices,
        help_text="PENDING is refused like an impossible move (409): only new credentials lead back to it.",
    )
    statusErrorDetail = Message(
        source="error_detail",
        max_length=2000,
        required=False,
        allow_null=True,
        help_text="The reason. The same status again without one keeps the reason it had.",
    )
    credentialsVersion = Integer(
        source="credentials_version",
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text="The version that was read: a report on credentials that were changed since is refused.",
    )


class SecurityAnswerInput(StrictSerializer):
    """A security question as it was written down, and its answer."""

    question = Text(max_length=254)
    answer = Text(max_length=254, write_only=True)


class ConnectionInput(NullMeansOmitted):
    """A new connection, with its credentials."""

    datasourceId = serializers.UUIDField(source="datasource_id", required=False, allow_null=True)
    url = Text(max_length=500, required=False, allow_null=True)
    username = Text(max_length=254)
    password = Text(max_length=1000, trim_whitespace=False, write_only=True)
    accountNumber = Text(source="account_number", max_length=100, required=False, write_only=True)
    securityAnswer = Text(
        source="security_answer",
        max_length=254,
        required=False,
        write_only=True,
        help_text="The only one; several, or one with its question: securityAnswers.",
    )
    securityAnswers = List(
        child=SecurityAnswerInput(),
        source="security_answers",
        required=False,
        write_only=True,
        max_length=MOST_ANSWERS,
        help_text="Each with its question, in place of securityAnswer.",
    )
    authenticatorSeed = Text(source="authenticator_seed", max_length=254, required=False, write_only=True)
    country = Country(required=False, allow_null=True)
    utilityTypes = List(
        child=serializers.ChoiceField(UtilityType.choices),
        source="utility_types",
        required=False,
        max_length=7,
    )
    siteIds = List(child=serializers.UUIDField(), source="site_ids", required=False, max_length=1000)
    connectionOwnerEmail = Text(source="owner_email", max_length=254, required=False, allow_null=True)
    dataCollectionStartDate = serializers.DateField(
        source="collection_start_date", required=False, allow_null=True, help_text="From 1970 to a year from now."
    )


class ConnectionOutput(serializers.Serializer[Any]):
    """A company's account at a provider, without its credentials."""

    id = serializers.UUIDField()
    companyId = serializers.UUIDField()
    datasourceId = serializers.UUIDField(allow_null=True)
    datasourceName = serializers.CharField(help_text="The provider's name, or the host of its login page.")
    url = serializers.URLField(help_text="The provider's login page.")
    status = serializers.ChoiceField(Status.choices)
    statusErrorDetail = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    utilityTypes = serializers.ListField(child=serializers.ChoiceField(UtilityType.choices))
    siteIds = serializers.ListField(child=serializers.UUIDField())
    connectionOwnerEmail = serializers.CharField(allow_null=True)
    dataCollectionStartDate = serializers.DateField(allow_null=True)
    verifiedEmail = serializers.CharField(allow_null=True)
    invitationId = serializers.UUIDField(allow_null=True)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class ConnectionEventOutput(LogLineOutput):
    """A line of a connection's log."""

    type = serializers.ChoiceField(ConnectionEventType.choices)


class StatusMoveOutput(ActOutput):
    """A connection that was made, whose status changed, or that keeps its status for a new reason."""

    status = serializers.ChoiceField(Status.choices)
    statusErrorDetail = serializers.CharField(allow_null=True)


class ConnectionDetailsOutput(ConnectionOutput):
    """A connection with the latest of its log."""

    statusHistory = StatusMoveOutput(
        many=True, help_text="The latest hundred changes of status or reason, oldest first."
    )
    events = ConnectionEventOutput(
        many=True, help_text="The latest hundred of any kind, oldest first; the list of events has all of them."
    )


class ConnectionEventPage(PageOutput):
    """Lines of a connection's log, newest first."""

    events = ConnectionEventOutput(many=True)


class SecurityAnswerOutput(serializers.Serializer[Any]):
    """A security question with its answer, for a collector."""

    question = serializers.CharField(allow_null=True, help_text="As it was written down; null where it was not.")
    answer = serializers.CharField()


class CredentialsOutput(serializers.Serializer[Any]):
    """What the provider asks for at its login page, for a collector."""

    connectionId = serializers.UUIDField()
    url = serializers.URLField(help_text="The provider's login page.")
    credentialsVersion = serializers.IntegerField()
    username = serializers.CharField()
    password = serializers.CharField()
    accountNumber = serializers.CharField(allow_null=True)
    securityAnswer = serializers.CharField(allow_null=True, help_text="The first of securityAnswers.")
    securityAnswers = SecurityAnswerOutput(many=True)
    authenticatorSeed = serializers.CharField(allow_null=True)


class ConnectionPage(PageOutput):
    """Connections, newest first."""

    connections = ConnectionOutput(many=True)


class DatasourceQuery(QuerySerializer):
    query = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="The name or a part of it; accents do not matter, and in a word of four letters or more a wrong, "
        "missing or swapped one mostly does not. Empty: every provider.",
    )
    country = Country(required=False)
    utilityType = serializers.ChoiceField(UtilityType.choices, required=False)
    limit = QueryInteger(min_value=1, max_value=100, default=20)


class DatasourceOutput(serializers.Serializer[Any]):
    """A utility provider of the catalogue."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    loginUrl = serializers.URLField()
    country = serializers.CharField()
    utilityTypes = serializers.ListField(child=serializers.ChoiceField(UtilityType.choices))
    asksFor = serializers.ListField(
        child=serializers.ChoiceField([camel(name) for name in ExtraCredential.values]),
        help_text="What a connection there cannot be created without, beside username and password.",
    )


class DatasourceList(serializers.Serializer[Any]):
    """What was found in the catalogue, the best first."""

    datasources = DatasourceOutput(many=True)


@sensitive_variables()
def take_credentials(given: dict[str, Any]) -> Credentials:
    """Take the credentials out of a checked body. Refuses one security answer beside several."""
    names = ("username", "password", *ExtraCredential.values)
    taken: Any = {name: given.pop(name) for name in names if name in given}
    if answers := given.pop("security_answers", []):
        if "security_answer" in taken:
            raise InvalidField(("security_answers",), "Give securityAnswer or securityAnswers, and not both.")
        taken |= with_questions(answers)
    return cast(Credentials, taken)
