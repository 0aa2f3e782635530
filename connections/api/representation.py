"""Connections, credentials and providers as JSON."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from companies.api.events import represent_event
from config.api.json import as_json
from config.api.representation import Representation
from config.camel_case import to_camel_case
from connections.api.serializers import (
    ConnectionDetailsSerializer,
    ConnectionSerializer,
    ConsentSerializer,
    CredentialsSerializer,
    DatasourceSerializer,
    StatusChangeSerializer,
)
from connections.models import STATUS_EVENTS, Connection, ConnectionEvent, ConnectionEventType, Datasource
from connections.models.status import Status
from connections.services.credentials import Credentials

LATEST = 100

_connection = Representation(ConnectionSerializer)
_details = Representation(ConnectionDetailsSerializer, computed=["consent", "statusHistory", "events"])
_consent = Representation(ConsentSerializer)
_status_change = Representation(
    StatusChangeSerializer, computed=["status", "statusErrorDetail", "contributorMessage", "apiKey"]
)
_datasource = Representation(DatasourceSerializer, computed=["asksFor"])
_credentials = Representation(
    CredentialsSerializer, computed=CredentialsSerializer().fields.keys() - {"connectionId", "url"}
)


def represent_connection(connection: Connection) -> dict[str, Any]:
    """A connection that was read with `with_wire_facts()`."""
    return _connection(connection)


def take_snapshots(connections: Sequence[Connection]) -> list[dict[str, Any]]:
    """Represent connections in memory for events, as JSON. Reads the sites that were not read before by one query."""
    prefetch_related_objects([each for each in connections if "site_ids" not in vars(each)], "sites")
    return [as_json(represent_connection(connection)) for connection in connections]


def represent_details(connection: Connection) -> dict[str, Any]:
    """A connection with its consent, and its latest status changes and events, oldest first."""
    events = connection.events.select_related("api_key").order_by("-pk")
    latest, changes = events[:LATEST], events.filter(type__in=STATUS_EVENTS)[:LATEST]
    find_consent = import_string(settings.CONNECTION_CONSENT)
    consent = find_consent(connection.pk)
    return _details(
        connection,
        consent=consent and _consent(consent),
        statusHistory=[_represent_status_change(event) for event in reversed(changes)],
        events=[represent_event(event) for event in reversed(latest)],
    )


def _represent_status_change(event: ConnectionEvent) -> dict[str, Any]:
    return _status_change(
        event,
        status=Status.PENDING.value if event.type == ConnectionEventType.CREATED else event.detail["to"],
        statusErrorDetail=event.detail.get("error"),
        contributorMessage=event.detail.get("message"),
        apiKey=represent_event(event)["apiKey"],
    )


@sensitive_variables()
def represent_credentials(connection: Connection, credentials: Credentials, version: int) -> dict[str, Any]:
    """Credentials for a collector. Extra credentials that were not given are null."""
    return _credentials(
        connection,
        credentialsVersion=version,
        username=credentials["username"],
        password=credentials["password"],
        accountNumber=credentials.get("account_number"),
        securityAnswer=credentials.get("security_answer"),
        securityAnswers=_security_answers(credentials),
        authenticatorSeed=credentials.get("authenticator_seed"),
    )


def represent_datasource(datasource: Datasource) -> dict[str, Any]:
    return _datasource(datasource, asksFor=[to_camel_case(name) for name in datasource.asks_for])


@sensitive_variables()
def _security_answers(credentials: Credentials) -> list[dict[str, str | None]]:
    """Answers with their questions. A single answer may have no question."""
    if pairs := credentials.get("security_answers"):
        return [{"question": pair["question"] or None, "answer": pair["answer"]} for pair in pairs]
    only = credentials.get("security_answer")
    return [{"question": None, "answer": only}] if only else []
