"""Outcomes of checks of test connections, without a collector."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.idempotency import idempotent
from companies.api.permissions import HasRequiredScope, HasTestKey
from companies.exceptions import TestKeyRequired
from companies.models import Scope
from config.api.schema import errors
from connections.api.bodies import StatusTexts
from connections.api.representation import represent_connection
from connections.api.serializers import ConnectionSerializer
from connections.exceptions import ImpossibleStatusChange
from connections.models import Connection, ConnectionQuerySet
from connections.models.status import OUTCOMES, Status
from connections.services.connections import report_status


class OutcomeConverter:
    """An outcome of a check in a path. Any other text is an unknown path."""

    regex = "|".join(status.value for status in Status if status in OUTCOMES)

    def to_python(self, value: str) -> Status:
        return Status(value)

    def to_url(self, value: str) -> str:
        return str(value)


class SimulateStatus(StatusTexts):
    """Texts of the report. The body may be omitted."""

    example = {"statusErrorDetail": "The provider said: wrong password"}


class ConnectionSimulationViewSet(PartnerViewSet):
    permission_classes = (HasTestKey, HasRequiredScope)
    required_scopes: ClassVar[dict[str, Scope | None]] = {"POST": Scope.TEST}
    lookup_url_kwarg = "connection_id"

    def get_queryset(self) -> ConnectionQuerySet:
        return Connection.objects.visible_to(self.api_key).with_wire_facts()

    @extend_schema(
        operation_id="simulateStatus",
        summary="Report a status of a test connection",
        parameters=[OpenApiParameter("status", str, OpenApiParameter.PATH, enum=OutcomeConverter.regex.split("|"))],
        request=SimulateStatus,
        responses={200: ConnectionSerializer, **errors(TestKeyRequired, ImpossibleStatusChange)},
    )
    @idempotent
    def report(self, request: Request, connection_id: UUID, status: Status) -> Response:
        """Stores the result of a check, as a collector reports it."""
        connection = self.get_object()
        report_status(connection, status, by=self.actor, **self.validated(SimulateStatus))
        return Response(represent_connection(self.get_object()))
