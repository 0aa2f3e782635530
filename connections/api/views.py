"""Connections of a company, and the catalogue of providers."""

from typing import ClassVar
from uuid import UUID

from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerView
from companies.api.idempotency import idempotent
from companies.models import Scope
from companies.services import sites_of
from config.api.openapi import operation
from config.api.pages import PageQuery, newest_first
from config.refusals import NotThere
from connections.api import examples
from connections.api.serializers import (
    ConnectionInput,
    ConnectionOutput,
    ConnectionPage,
    DatasourceList,
    DatasourceQuery,
    represent_connection,
    represent_datasource,
)
from connections.models import Connection, ConnectionQuerySet, Datasource
from connections.services import create_connection, find_datasource

READ_AND_WRITE: dict[str, Scope | None] = {"GET": Scope.CONNECTIONS_READ, "POST": Scope.CONNECTIONS_WRITE}


class ConnectionList(PartnerView):
    scopes = READ_AND_WRITE

    @operation(
        "listConnections",
        "Connections of a company, newest first",
        query=PageQuery,
        answer=ConnectionPage,
        example=examples.CONNECTIONS,
    )
    def get(self, request: Request, company_id: UUID) -> Response:
        query = PageQuery.of(request)
        connections = Connection.objects.filter(company=self.company).with_wire_facts()
        return Response(newest_first("connections", connections, represent_connection, **query))

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
        given = ConnectionInput.checked(request.data)
        datasource_id = given.pop("datasource_id", None)
        connection = create_connection(
            self.company,
            credentials={"username": given.pop("username"), "password": given.pop("password")},
            datasource=find_datasource(datasource_id) if datasource_id else None,
            sites=sites_of(self.company, given.pop("site_ids", []), field=("site_ids",)),
            **given,
        )
        return Response(represent_connection(_read(Connection.objects.filter(pk=connection.pk))), status=201)


class ConnectionDetails(PartnerView):
    scopes = READ_AND_WRITE

    @operation("getConnection", "One connection", answer=ConnectionOutput, example=examples.CONNECTION)
    def get(self, request: Request, connection_id: UUID) -> Response:
        visible = Connection.objects.visible_to(self.partner).filter(pk=connection_id)
        return Response(represent_connection(_read(visible)))


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
        query = DatasourceQuery.of(request)
        found = Datasource.objects.search(
            query.get("query", ""), country=query.get("country"), utility_type=query.get("utilityType")
        )
        return Response({"datasources": [represent_datasource(each) for each in found[: query["limit"]]]})


def _read(connections: ConnectionQuerySet) -> Connection:
    connection = connections.with_wire_facts().first()
    if connection is None:
        raise NotThere
    return connection
