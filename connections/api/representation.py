"""Connections and providers as the wire has them, written by hand."""

from typing import Any

from django.views.decorators.debug import sensitive_variables

from companies.api.log import represent_log_line
from config.api.exception_handler import camel
from connections.models import STATUS_EVENTS, Connection, ConnectionEvent, ConnectionEventType, Datasource
from connections.models.status import Status
from connections.services.credentials import Credentials

LATEST = 100


def represent_connection(connection: Connection) -> dict[str, Any]:
    """A connection read with `with_wire_facts()`."""
    return {
        "id": connection.pk,
        "companyId": connection.company_id,
        "datasourceId": connection.datasource_id,
        "datasourceName": connection.provider_name,
        "url": connection.login_url,
        "status": connection.status,
        "statusErrorDetail": connection.status_error_detail,
        "country": connection.country,
        "utilityTypes": connection.utility_types,
        "siteIds": [site.pk for site in connection.sites.all()],
        "connectionOwnerEmail": connection.owner_email,
        "dataCollectionStartDate": connection.collection_start_date,
        "verifiedEmail": connection.verified_email,
        "invitationId": connection.origin_invitation_id,
        "createdAt": connection.created_at,
        "updatedAt": connection.updated_at,
    }


def represent_details(connection: Connection) -> dict[str, Any]:
    """The same with the latest of its log, and the latest of its log that tell of its status."""
    log = connection.events.select_related("api_key").order_by("-pk")
    latest, moves = log[:LATEST], log.filter(type__in=STATUS_EVENTS)[:LATEST]
    return represent_connection(connection) | {
        "statusHistory": [_represent_move(event) for event in reversed(moves)],
        "events": [represent_log_line(event) for event in reversed(latest)],
    }


def _represent_move(event: ConnectionEvent) -> dict[str, Any]:
    line = represent_log_line(event)
    return {
        "status": Status.PENDING.value if event.type == ConnectionEventType.CREATED else event.detail["to"],
        "statusErrorDetail": event.detail.get("error"),
        **{name: line[name] for name in ("createdAt", "actor", "apiKey", "email")},
    }


@sensitive_variables()
def represent_credentials(connection: Connection, credentials: Credentials, version: int) -> dict[str, Any]:
    """The credentials of a connection as a collector gets them; null for an extra that was not given."""
    return {
        "connectionId": connection.pk,
        "url": connection.login_url,
        "credentialsVersion": version,
        "username": credentials["username"],
        "password": credentials["password"],
        "accountNumber": credentials.get("account_number"),
        "securityAnswer": credentials.get("security_answer"),
        "securityAnswers": _security_answers(credentials),
        "authenticatorSeed": credentials.get("authenticator_seed"),
    }


def represent_datasource(datasource: Datasource) -> dict[str, Any]:
    """A provider of the catalogue."""
    return {
        "id": datasource.pk,
        "name": datasource.name,
        "loginUrl": datasource.login_url,
        "country": datasource.country,
        "utilityTypes": datasource.utility_types,
        "asksFor": [camel(name) for name in datasource.asks_for],
    }


@sensitive_variables()
def _security_answers(credentials: Credentials) -> list[dict[str, str | None]]:
    """Each with its question; of one alone nobody may have written it down."""
    if pairs := credentials.get("security_answers"):
        return [{"question": pair["question"] or None, "answer": pair["answer"]} for pair in pairs]
    only = credentials.get("security_answer")
    return [{"question": None, "answer": only}] if only else []
