"""Connections of a company, and the catalogue of providers."""

from typing import ClassVar
from uuid import UUID

from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerView
from companies.api.idempotency import idempotent
from companies.api.log import represent_log_line
from companies.models import Scope
from companies.services.companies import sites_of
from config.api.fields import EmptyBody
from config.api.pagination import PageQuery, each, newest_first
from config.api.schema import operation
from config.db.index_hints import newest_first_for
from config.exceptions import NotFound
from connections.api import examples
from connections.api.filters import matching
from connections.api.representation import (
    represent_connection,
    represent_credentials,
    represent_datasource,
    represent_details,
)
from connections.api.serializers import (
    ConnectionDetailsOutput,
    ConnectionEventPage,
    ConnectionInput,
    ConnectionOutput,
    ConnectionPage,
    ConnectionQuery,
    CredentialsOutput,
    DatasourceList,
    DatasourceQuery,
    StatusInput,
    take_credentials,
)
from connections.exceptions import CredentialsUnreadable, ImpossibleStatusChange, StaleReport
from connections.models import Connection, ConnectionEvent, Datasource
from connections.services.catalogue import find_datasource
from connections.services.connections import create_connection, report_status
from connections.services.credentials import read_credentials

READ_AND_WRITE: dict[str, Scope | None] = {"GET": Scope.CONNECTIONS_READ, "POST": Scope.CONNECTIONS_WRITE}


class ConnectionView(PartnerView):
    def connection(self, connection_id: UUID) -> Connection:
        """The partner's connection with this id. Raises `NotFound`."""
        visible = Connection.objects.visible_to(self.partner).with_wire_facts()
        connection = visible.filter(pk=connection_id).first()
        if connection is None:
            raise NotFound
        return connection


class ConnectionList(ConnectionView):
    scopes = READ_AND_WRITE

    @operation(
        "listConnections",
        "Connections of a company, newest first",
        query=ConnectionQuery,
        answer=ConnectionPage,
        example=examples.CONNECTIONS,
    )
    def get(self, request: Request, company_id: UUID) -> Response:
        """The company's connections for which every filter holds.

        `status` may be repeated: then any of them holds. Never with credentials. A collector lists `?status=PENDING`.
        """
        query = ConnectionQuery.of(request)
        limit, cursor = query.pop("limit"), query.pop("cursor", None)
        found, cases = matching(
            newest_first_for(Connection.objects.with_wire_facts(), "company", self.company.pk), query
        )
        return Response(
            newest_first("connections", found, each(represent_connection), limit=limit, cursor=cursor, cases=cases)
        )

    @operation(
        "createConnection",
        "Create a connection with its credentials",
        body=ConnectionInput,
        body_example=examples.CONNECTION_BODY,
        answer=ConnectionOutput,
        status=201,
        example=examples.CONNECTION,
    )
    @idempotent
    @sensitive_variables()
    def post(self, request: Request, company_id: UUID) -> Response:
        """For a company whose login is known already; to ask somebody for it, create an invitation.

        Takes `datasourceId` or `url`, exactly one of them, and whatever the provider `asksFor`. The connection is
        `PENDING` until a collector reports. The credentials are sealed and are in no answer but that of
        `readCredentials`.
        """
        company = self.company
        given = ConnectionInput.checked(request.data)
        datasource_id = given.pop("datasource_id", None)
        connection = create_connection(
            company,
            by=self.actor,
            credentials=take_credentials(given),
            datasource=find_datasource(datasource_id) if datasource_id else None,
            sites=sites_of(company, given.pop("site_ids", []), field=("site_ids",)),
            **given,
        )
        return Response(represent_connection(self.connection(connection.pk)), status=201)


class ConnectionDetails(ConnectionView):
    scopes = READ_AND_WRITE

    @operation(
        "getConnection",
        "One connection with what its status has been and the latest of its log",
        answer=ConnectionDetailsOutput,
        example=examples.CONNECTION_DETAILS,
    )
    def get(self, request: Request, connection_id: UUID) -> Response:
        """The connection with its latest changes of status and the latest lines of its log, oldest first.

        `listConnectionEvents` has the whole log. Never with credentials.
        """
        return Response(represent_details(self.connection(connection_id)))


class ConnectionEvents(ConnectionView):
    scopes = READ_AND_WRITE

    @operation(
        "listConnectionEvents",
        "The whole log of a connection, newest first",
        query=PageQuery,
        answer=ConnectionEventPage,
        example=examples.CONNECTION_EVENTS,
    )
    def get(self, request: Request, connection_id: UUID) -> Response:
        """Every line of the connection's log: what was done, when, by whom, and by which key."""
        query = PageQuery.of(request)
        connection = self.connection(connection_id)
        log = newest_first_for(ConnectionEvent.objects.select_related("api_key"), "connection", connection.pk)
        return Response(
            newest_first("events", log, each(represent_log_line), limit=query["limit"], cursor=query.get("cursor"))
        )


class ConnectionStatus(ConnectionView):
    scopes: ClassVar[dict[str, Scope | None]] = {"POST": Scope.CONNECTIONS_STATUS}

    @operation(
        "reportStatus",
        "Report what a collector found out",
        refuses={
            StaleReport: "The credentials were changed since this `credentialsVersion`: read and check again.",
            ImpossibleStatusChange: "Nothing leads from the present status to this one.",
        },
        body=StatusInput,
        body_example={"status": "CONNECTED", "credentialsVersion": 1},
        answer=ConnectionOutput,
        example=examples.CONNECTED,
    )
    @idempotent
    def post(self, request: Request, connection_id: UUID) -> Response:
        """For collectors.

        `PENDING` is nobody's report: only new login details lead back to it. The same status again may tell a
        new reason; without one the old one stays. `COMPANY_INACTIVE` is left by new login details only. Give the
        `credentialsVersion` that `readCredentials` handed over, and a report on login details that were changed
        since does no harm.
        """
        connection = self.connection(connection_id)
        report_status(connection, by=self.actor, **StatusInput.checked(request.data))
        return Response(represent_connection(self.connection(connection_id)))


class ConnectionCredentials(ConnectionView):
    scopes: ClassVar[dict[str, Scope | None]] = {"POST": Scope.CREDENTIALS_READ}

    @operation(
        "readCredentials",
        "Read the credentials, for a collector; every read is logged",
        refuses={
            CredentialsUnreadable: "What is stored does not open. New login details mend it; pass over the connection.",
        },
        body=EmptyBody,
        body_example={},
        answer=CredentialsOutput,
        example=examples.CREDENTIALS,
    )
    @sensitive_variables()
    def post(self, request: Request, connection_id: UUID) -> Response:
        """For collectors, with the scope for it.

        Every read is logged with the key that asked. The answer is kept nowhere: a retry with the same
        Idempotency-Key reads, and is logged, again.
        """
        # an Idempotency-Key is taken and changes nothing: reading makes nothing, and no copy may be kept
        connection = self.connection(connection_id)
        EmptyBody.checked(request.data)
        credentials, version = read_credentials(connection, by=self.actor)
        return Response(represent_credentials(connection, credentials, version))


class DatasourceSearch(PartnerView):
    scopes: ClassVar[dict[str, Scope | None]] = {"GET": None}

    @operation(
        "searchDatasources",
        "Search the catalogue of providers",
        query=DatasourceQuery,
        answer=DatasourceList,
        example=examples.DATASOURCES,
    )
    def get(self, request: Request) -> Response:
        """Providers by name: beginnings of words first, then the inside of words and small misspellings.

        Without `query` all of them by name, as many as `limit` says. `asksFor` names what a connection there cannot
        be created without. Takes any key.
        """
        query = DatasourceQuery.of(request)
        found = Datasource.objects.search(
            query.get("query", ""), country=query.get("country"), utility_type=query.get("utilityType")
        )
        return Response({"datasources": [represent_datasource(each) for each in found[: query["limit"]]]})
