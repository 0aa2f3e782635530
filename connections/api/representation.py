"""Connections and providers as the wire has them, written by hand."""

from typing import Any

from django.views.decorators.debug import sensitive_variables

from connections.models import Connection, ConnectionEvent, Datasource
from connections.services import Credentials

LATEST_EVENTS = 100


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
        "invitationId": connection.invitation_id,  # type: ignore[attr-defined]
        "createdAt": connection.created_at,
        "updatedAt": connection.updated_at,
    }


def represent_details(connection: Connection) -> dict[str, Any]:
    """The same with the latest of its log."""
    latest = list(connection.events.order_by("-pk")[:LATEST_EVENTS])
    return represent_connection(connection) | {"events": [_represent_event(event) for event in reversed(latest)]}


@sensitive_variables()
def represent_credentials(connection: Connection, credentials: Credentials, version: int) -> dict[str, Any]:
    return {
        "connectionId": connection.pk,
        "url": connection.login_url,
        "credentialsVersion": version,
        "username": credentials["username"],
        "password": credentials["password"],
        "accountNumber": credentials.get("account_number"),
        "securityAnswer": credentials.get("security_answer"),
        "authenticatorSeed": credentials.get("authenticator_seed"),
    }


def _represent_event(event: ConnectionEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "type": event.type,
        "createdAt": event.created_at,
        "actor": event.actor,
        "email": event.email,
        "detail": event.detail,
    }


def represent_datasource(datasource: Datasource) -> dict[str, Any]:
    return {
        "id": datasource.pk,
        "name": datasource.name,
        "loginUrl": datasource.login_url,
        "country": datasource.country,
        "utilityTypes": datasource.utility_types,
    }
