"""Connections of a company, and the catalogue of providers."""

from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.events import represent_event
from companies.api.idempotency import idempotent
from companies.exceptions import CompanyInactive
from companies.models import Company, Scope, Site
from companies.services.companies import sites_of
from config.api.conditional import conditional
from config.api.fields import EmptyBody
from config.api.pagination import KeysetPagination
from config.api.query import PageQuery
from config.api.schema import errors
from config.db.index_hints import newest_first_for
from config.exceptions import FieldErrors
from connections.api.bodies import CreateConnection, DisableConnection, ReportStatus, UpdateConnection, take_credentials
from connections.api.filters import ConnectionQuery, disjoint_conditions, filter_connections
from connections.api.representation import (
    represent_connection,
    represent_credentials,
    represent_datasource,
    represent_details,
)
from connections.api.serializers import (
    ConnectionDetailsSerializer,
    ConnectionEventSerializer,
    ConnectionSerializer,
    CredentialsSerializer,
    DatasourceListSerializer,
    DatasourceQuery,
)
from connections.exceptions import (
    CredentialsDeleted,
    CredentialsUnreadable,
    ImpossibleStatusChange,
    LoginPageMoved,
    StaleReport,
)
from connections.models import Connection, ConnectionEvent, ConnectionQuerySet, Datasource
from connections.services.catalogue import find_datasource
from connections.services.closing import delete_connection, disable_connection
from connections.services.connections import change_credentials, create_connection, report_status, update_connection
from connections.services.credentials import read_credentials
from connections.services.details import CHECKS, check_details
from connections.services.login_pages import check_provider_url


class ConnectionViewSet(PartnerViewSet):
    required_scopes: ClassVar[dict[str, Scope | None]] = {
        "GET": Scope.CONNECTIONS_READ,
        "POST": Scope.CONNECTIONS_WRITE,
        "PATCH": Scope.CONNECTIONS_WRITE,
        "DELETE": Scope.CONNECTIONS_WRITE,
    }
    query_serializers = {"list": ConnectionQuery, "events": PageQuery}
    pagination_class = KeysetPagination.named("connections")
    lookup_url_kwarg = "connection_id"

    def get_queryset(self) -> ConnectionQuerySet:
        return Connection.objects.visible_to(self.api_key).with_wire_facts()

    @extend_schema(
        operation_id="listConnections",
        summary="List the connections of a company",
        responses={200: ConnectionSerializer},
    )
    def list(self, request: Request, company_id: UUID) -> Response:
        """Returns the connections that match all filters, newest first, without credentials.

        Repeat `status` to match any of several. A collector lists `?status=PENDING` to find new credentials. Send
        `nextCursor` as `cursor` to get the next page.
        """
        connections = newest_first_for(Connection.objects.existing().with_wire_facts(), "company", self.company.pk)
        return self.paginated(
            filter_connections(connections, self.query),
            lambda rows: [represent_connection(row) for row in rows],
            disjoint_conditions(self.query),
        )

    @extend_schema(
        operation_id="createConnection",
        summary="Create a connection with its credentials",
        request=CreateConnection,
        responses={201: ConnectionSerializer, **errors(CompanyInactive)},
    )
    @idempotent
    @sensitive_variables()
    def create(self, request: Request, company_id: UUID) -> Response:
        """Creates a connection whose credentials you know already. Otherwise create an invitation.

        Send either `datasourceId` or `url`, and the credentials that the provider `asksFor`. The connection is
        `PENDING` until a collector reports a status. Credentials are stored encrypted, and only `readCredentials`
        returns them.
        """
        company, found = self.company, FieldErrors()
        values = self.validated(CreateConnection, lambda valid: _check_valid(company, valid))
        datasource = _take_datasource(values, found)
        connection = create_connection(
            company,
            by=self.actor,
            credentials=take_credentials(values),
            datasource=datasource,
            sites=_take_sites(company, values, found) or (),
            errors=found,
            **values,
        )
        return Response(represent_connection(self.get_queryset().get(pk=connection.pk)), status=201)

    @extend_schema(
        operation_id="updateConnection",
        summary="Update a connection",
        request=UpdateConnection,
        responses={200: ConnectionSerializer},
    )
    @sensitive_variables()
    def partial_update(self, request: Request, connection_id: UUID) -> Response:
        """Changes the fields that are sent. Null removes a value. The provider cannot change.

        With `username` and `password`, new credentials replace the old ones, and the connection becomes `PENDING`.
        Extra credentials that are not sent stay.
        """
        connection, found = self.get_object(), FieldErrors()
        values = self.validated(
            UpdateConnection, lambda valid: _check_valid(connection.company, valid, kept=_site_ids(connection))
        )
        credentials = take_credentials(values)
        sites = None
        if "site_ids" in values:
            sites = _take_sites(connection.company, values, found, kept=_site_ids(connection))
        with transaction.atomic():
            update_connection(connection, by=self.actor, sites=sites, errors=found, **values)
            if credentials:
                change_credentials(connection, credentials=credentials, by=self.actor)
        return Response(represent_connection(self.get_object()))

    @extend_schema(
        operation_id="deleteConnection", summary="Delete a connection", responses={200: ConnectionSerializer}
    )
    def destroy(self, request: Request, connection_id: UUID) -> Response:
        """Deletes the credentials at once and hides the connection for good. `listConnectionEvents` still works.

        Open invitations to repair it are revoked. The response shows the connection for the last time.
        """
        connection = self.get_object()
        delete_connection(connection, by=self.actor)
        return Response(represent_connection(Connection.objects.with_wire_facts().get(pk=connection.pk)))

    @extend_schema(
        operation_id="disableConnection",
        summary="Disable a connection",
        request=DisableConnection,
        responses={200: ConnectionSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def disable(self, request: Request, connection_id: UUID) -> Response:
        """Deletes the credentials at once; the connection becomes `DISABLED`. Its events stay.

        Open invitations to repair it are revoked. New credentials lead back to `PENDING`: by `updateConnection`, or by
        a new repair invitation. Disabling a connection again changes nothing and returns 200.
        """
        disable_connection(self.get_object(), by=self.actor, **self.validated(DisableConnection))
        return Response(represent_connection(self.get_object()))

    @extend_schema(
        operation_id="getConnection",
        summary="Get a connection with its events",
        responses={200: ConnectionDetailsSerializer},
    )
    @action(detail=True)
    @conditional
    def details(self, request: Request, connection_id: UUID) -> dict[str, Any]:
        """Returns one connection with the consent to it and its latest events, without credentials.

        `listConnectionEvents` returns older events, too.
        """
        return represent_details(self.get_object())

    @extend_schema(
        operation_id="listConnectionEvents",
        summary="List the events of a connection",
        responses={200: ConnectionEventSerializer(many=True)},
    )
    @action(detail=True, pagination_class=KeysetPagination.named("events"))
    def events(self, request: Request, connection_id: UUID) -> Response:
        """Returns all events of the connection, newest first: what was done, when, by whom and with which key.

        Works for deleted connections, too. Send `nextCursor` as `cursor` to get the next page.
        """
        connection = get_object_or_404(Connection.objects.even_deleted_visible_to(self.api_key), pk=connection_id)
        events = ConnectionEvent.objects.select_related("api_key")
        return self.paginated(
            newest_first_for(events, "connection", connection.pk),
            lambda rows: [represent_event(row) for row in rows],
        )

    @extend_schema(
        operation_id="reportStatus",
        summary="Report a connection status (collector)",
        request=ReportStatus,
        responses={200: ConnectionSerializer, **errors(StaleReport, ImpossibleStatusChange)},
    )
    @action(detail=True, methods=["post"], required_scopes={"POST": Scope.CONNECTIONS_STATUS})
    @idempotent
    def status(self, request: Request, connection_id: UUID) -> Response:
        """Stores the result of a check by a collector.

        Send the `credentialsVersion` from `readCredentials`, so that a report on old credentials is rejected. Only
        new credentials lead back to `PENDING`. A connection that is `COMPANY_INACTIVE` or `DISABLED` rejects reports.
        Reporting the same status again can change its texts.
        """
        report_status(self.get_object(), by=self.actor, **self.validated(ReportStatus))
        return Response(represent_connection(self.get_object()))

    @extend_schema(
        operation_id="readCredentials",
        summary="Read the credentials of a connection (collector)",
        request=EmptyBody,
        responses={
            200: CredentialsSerializer,
            **errors(CompanyInactive, CredentialsDeleted, LoginPageMoved, CredentialsUnreadable),
        },
    )
    @action(detail=True, methods=["post"], required_scopes={"POST": Scope.CREDENTIALS_READ})
    @sensitive_variables()
    def credentials(self, request: Request, connection_id: UUID) -> Response:
        """Returns the credentials to a collector. Every read is logged with its API key.

        The response is never stored: a retry with the same `Idempotency-Key` reads and logs again.
        """
        connection = self.get_object()
        self.validated(EmptyBody)
        credentials, version = read_credentials(connection, by=self.actor)
        return Response(represent_credentials(connection, credentials, version))


class DatasourceViewSet(PartnerViewSet):
    required_scopes: ClassVar[dict[str, Scope | None]] = {"GET": None}
    query_serializers = {"search": DatasourceQuery}

    @extend_schema(
        operation_id="searchDatasources",
        summary="Search the catalogue of providers",
        responses={200: DatasourceListSerializer},
    )
    def search(self, request: Request) -> Response:
        """Returns providers by name: matches at the start of words first, then inside words, then misspellings.

        Without `query`, returns the first `limit` providers in alphabetical order. Accepts any key.
        """
        found = Datasource.objects.search(
            self.query.get("query", ""), country=self.query.get("country"), utility_type=self.query.get("utilityType")
        )
        return Response({"datasources": [represent_datasource(row) for row in found[: self.query["limit"]]]})


def _site_ids(connection: Connection) -> set[UUID]:
    return {site.pk for site in connection.sites.all()}


def _take_datasource(values: dict[str, Any], found: FieldErrors) -> Datasource | None:
    datasource_id = values.pop("datasource_id", None)
    return found.check(find_datasource, datasource_id) if datasource_id else None


def _take_sites(
    company: Company, values: dict[str, Any], found: FieldErrors, *, kept: Collection[UUID] = ()
) -> list[Site] | None:
    """Return the sites of a body. None if it has none, or wrong ones."""
    site_ids = values.pop("site_ids", None)
    return None if site_ids is None else found.check(sites_of, company, site_ids, field=("site_ids",), kept=kept)


@sensitive_variables()
def _check_valid(company: Company, valid: dict[str, Any], *, kept: Collection[UUID] = ()) -> None:
    """Raise `InvalidField` for what the services would refuse of a body that has other errors, too."""
    found = FieldErrors()
    _take_datasource(valid, found)
    _take_sites(company, valid, found, kept=kept)
    if url := valid.get("url"):
        found.check(check_provider_url, url)
    check_details(found, **{name: value for name, value in valid.items() if name in CHECKS and value is not None})
    found.raise_all()
