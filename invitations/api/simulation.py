"""Steps of test invitations, without a browser."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.idempotency import idempotent
from companies.api.permissions import HasRequiredScope, HasTestKey
from companies.exceptions import TestKeyRequired
from companies.models import Scope
from config.api.fields import (
    EmptyBody,
    NullMeansOmitted,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
    StrictUUIDField,
)
from config.api.schema import errors
from connections.api.bodies import AccountFields, CredentialFields, take_credentials
from connections.api.representation import represent_connection
from connections.api.serializers import ConnectionSerializer
from connections.models import Connection
from invitations.api.representation import represent_invitation
from invitations.api.serializers import InvitationSerializer
from invitations.exceptions import (
    ConnectedBefore,
    InvitationExpired,
    InvitationFulfilled,
    InvitationPaused,
    InvitationRevoked,
    ProofRequired,
    ProviderGone,
)
from invitations.models import MAX_LIFETIME, Invitation, InvitationQuerySet
from invitations.services.simulation import (
    advance,
    simulate_bounce,
    simulate_submission,
    simulate_verification,
    simulate_view,
)

CLOSED = (InvitationRevoked, InvitationFulfilled, InvitationExpired, InvitationPaused)


class SimulatedAddress(StrictSerializer):
    """The address of the person."""

    example = {"email": "jane@example.com"}
    email = StrictCharField(max_length=254)


class SimulateSubmission(NullMeansOmitted, CredentialFields, AccountFields):
    """The form of the person. Omitted fields are prefilled, or made up."""

    example: dict[str, Any] = {"username": "jane", "country": "GB"}
    email = StrictCharField(
        max_length=254,
        required=False,
        allow_null=True,
        help_text="Verified address of the person. Omitted: the address that was verified last.",
    )
    username = StrictCharField(max_length=254, required=False)
    password = StrictCharField(max_length=1000, trim_whitespace=False, required=False, write_only=True)
    datasourceId = StrictUUIDField(source="datasource_id", required=False, allow_null=True)
    url = StrictCharField(max_length=500, required=False, allow_null=True)


class AdvanceClock(StrictSerializer):
    """Time that passes for the invitation."""

    example = {"seconds": 86400}
    seconds = StrictIntegerField(min_value=1, max_value=int(MAX_LIFETIME.total_seconds()))


class InvitationSimulationViewSet(PartnerViewSet):
    permission_classes = (HasTestKey, HasRequiredScope)
    required_scopes: ClassVar[dict[str, Scope | None]] = {"POST": Scope.TEST}
    lookup_url_kwarg = "invitation_id"

    def get_queryset(self) -> InvitationQuerySet:
        visible = Invitation.objects.visible_to(self.api_key.pk)
        return visible.select_related("company__partner", "connection__datasource", "connection__company")

    def answer(self) -> Response:
        return Response(represent_invitation(self.get_object()))

    @extend_schema(
        operation_id="simulateView",
        summary="Open a test invitation",
        request=EmptyBody,
        responses={200: InvitationSerializer, **errors(TestKeyRequired, *CLOSED)},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def view(self, request: Request, invitation_id: UUID) -> Response:
        """Opens the page as a person does. Opening it again within an hour is not a new event."""
        invitation = self.get_object()
        self.validated(EmptyBody)
        simulate_view(invitation)
        return self.answer()

    @extend_schema(
        operation_id="simulateVerification",
        summary="Verify an address of a test invitation",
        request=SimulatedAddress,
        responses={200: InvitationSerializer, **errors(TestKeyRequired, *CLOSED)},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def verify(self, request: Request, invitation_id: UUID) -> Response:
        """Verifies an allowed address as the right code does. It stays verified for two hours."""
        simulate_verification(self.get_object(), **self.validated(SimulatedAddress))
        return self.answer()

    @extend_schema(
        operation_id="simulateSubmission",
        summary="Submit the form of a test invitation",
        request=SimulateSubmission,
        responses={
            200: ConnectionSerializer,
            **errors(TestKeyRequired, *CLOSED, ProofRequired, ProviderGone, ConnectedBefore),
        },
    )
    @action(detail=True, methods=["post"])
    @idempotent
    @sensitive_variables()
    def submit(self, request: Request, invitation_id: UUID) -> Response:
        """Creates or repairs the connection as the form does, and spends a use.

        A restricted invitation needs a verified address first. Without a provider, the login page is that of a demo
        that nothing checks: report each outcome with `simulateStatus`. An invitation to repair takes only the login.
        """
        invitation = self.get_object()
        values = self.validated(SimulateSubmission)
        connection = simulate_submission(invitation, credentials=dict(take_credentials(values)), **values)
        shown = Connection.objects.visible_to(self.api_key).with_wire_facts().get(pk=connection.pk)
        return Response(represent_connection(shown))

    @extend_schema(
        operation_id="simulateBounce",
        summary="Bounce a mail of a test invitation",
        request=SimulatedAddress,
        responses={200: InvitationSerializer, **errors(TestKeyRequired)},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def bounce(self, request: Request, invitation_id: UUID) -> Response:
        """Reports that the mail to an address came back, as a mail provider does. The address must have been mailed."""
        simulate_bounce(self.get_object(), **self.validated(SimulatedAddress))
        return self.answer()

    @extend_schema(
        operation_id="advanceClock",
        summary="Move the clock of a test invitation",
        request=AdvanceClock,
        responses={200: InvitationSerializer, **errors(TestKeyRequired)},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def advance(self, request: Request, invitation_id: UUID) -> Response:
        """Lets time pass for this invitation: all its times move into the past, and it may expire.

        The filters `createdAfter` and `createdBefore` may miss it afterwards, because its id keeps the real time.
        """
        invitation = self.get_object()
        advance(invitation, by=timedelta(seconds=self.validated(AdvanceClock)["seconds"]))
        return self.answer()
