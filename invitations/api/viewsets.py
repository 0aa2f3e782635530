"""Invitations of a company."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.idempotency import idempotent
from companies.exceptions import CompanyInactive
from companies.models import ApiKey, Scope
from config.api.conditional import conditional
from config.api.fields import EmptyBody
from config.api.pagination import KeysetPagination
from config.api.query import PageQuery
from config.api.schema import errors
from config.db.compiled_queries import compiled
from config.db.index_hints import newest_first_for
from config.exceptions import NotFound
from connections.models import Connection
from invitations.api.bodies import IfOpenExists, ResendInvitation, RevokeInvitation
from invitations.api.deliveries import ResentSerializer
from invitations.api.filters import InvitationQuery, disjoint_conditions, filter_invitations
from invitations.api.representation import (
    events_newest_first,
    represent_detail,
    represent_events,
    represent_invitation,
    represent_page,
    represent_rows,
)
from invitations.api.serializers import (
    CreateInvitation,
    CreateRepairInvitation,
    InvitationDetailSerializer,
    InvitationEventSerializer,
    InvitationSerializer,
    UpdateInvitation,
)
from invitations.api.statements import find_key_and_detail
from invitations.exceptions import (
    InvitationExpired,
    InvitationFulfilled,
    InvitationPaused,
    InvitationRevoked,
    MaxUsesBelowUseCount,
    OpenInvitationExists,
    RateLimitExceeded,
)
from invitations.models import Invitation
from invitations.services.delivery.failed import resend_failed
from invitations.services.delivery.send import resend_invitation
from invitations.services.invitations import (
    create_invitation,
    create_repair_invitation,
    revoke_invitation,
    rotate_invitation,
    update_invitation,
)
from invitations.services.terms import check_terms

CREATED = {
    201: InvitationSerializer,
    200: OpenApiResponse(InvitationSerializer, description="With `ifOpenExists: return`: the open invitation."),
}


class InvitationViewSet(PartnerViewSet):
    required_scopes: ClassVar[dict[str, Scope | None]] = {
        "GET": Scope.INVITATIONS_READ,
        "POST": Scope.INVITATIONS_WRITE,
        "PATCH": Scope.INVITATIONS_WRITE,
    }
    query_serializers = {"list": InvitationQuery, "events": PageQuery}
    pagination_class = KeysetPagination.named("invitations")
    lookup_url_kwarg = "invitation_id"

    def find_api_key(self, value: str) -> ApiKey | None:
        if self.action != "retrieve":
            return super().find_api_key(value)
        return find_key_and_detail(value, invitation=self.kwargs["invitation_id"])

    def get_object(self) -> Invitation:
        found = _visible(api_key_id=self.api_key.pk, invitation_id=self.kwargs["invitation_id"])
        if not found:
            raise NotFound
        return found[0]

    @extend_schema(
        operation_id="listInvitations",
        summary="List the invitations of a company",
        responses={200: InvitationSerializer},
    )
    def list(self, request: Request, company_id: UUID) -> Response:
        """Returns the invitations that match all filters, newest first, without `events` and `deliveries`.

        Repeat `status` or `invitationType` to match any of several. `email` matches invitations with this address in
        `allowedEmails`. Send `nextCursor` as `cursor` to get the next page.
        """
        company_id = self.company.pk
        if self.query.keys() <= PageQuery._declared_fields.keys():
            return self.paginated_by_id(partial(represent_page, company_id))
        invitations = newest_first_for(Invitation.objects.all(), "company", company_id)
        found = filter_invitations(invitations, self.query).values_list("id", named=True)
        conditions = disjoint_conditions(invitations, self.query)
        return self.paginated(found, lambda rows: represent_rows([row.id for row in rows]), conditions)

    @extend_schema(
        operation_id="createInvitation",
        summary="Create an invitation to connect an account",
        request=CreateInvitation,
        responses={**CREATED, **errors(CompanyInactive, OpenInvitationExists)},
    )
    @idempotent
    def create(self, request: Request, company_id: UUID) -> Response:
        """Creates an invitation link for an external contributor to connect a utility account.

        Every field is optional, and null means omitted. Without `allowedEmails`, anyone with the link can use it.
        With `sendEmail`, each address is mailed a personal link, which no response contains.
        """
        company = self.company
        terms = self.validated(CreateInvitation, lambda valid: check_terms(company, **valid))
        return _create(partial(create_invitation, company, by=self.actor), **terms)

    @extend_schema(
        operation_id="createRepairInvitation",
        summary="Create an invitation to repair a connection",
        request=CreateRepairInvitation,
        responses={**CREATED, **errors(CompanyInactive, OpenInvitationExists)},
    )
    @idempotent
    def create_repair(self, request: Request, connection_id: UUID) -> Response:
        """Creates an invitation link for an external contributor to send new credentials for a connection.

        Takes the fields of `createInvitation` except for `prefill`, because the provider cannot change. When the
        connection works again, an invitation that was used is revoked. When the connection is disabled, all are.
        """
        visible = Connection.objects.visible_to(self.api_key).select_related("company__partner")
        connection = visible.filter(pk=connection_id).first()
        if connection is None:
            raise NotFound
        terms = self.validated(CreateRepairInvitation, lambda valid: check_terms(connection.company, **valid))
        return _create(partial(create_repair_invitation, connection, by=self.actor), **terms)

    @extend_schema(
        operation_id="getInvitation",
        summary="Get an invitation with its events",
        responses={200: InvitationDetailSerializer},
    )
    @conditional
    def retrieve(self, request: Request, invitation_id: UUID) -> dict[str, Any]:
        """Returns one invitation with its latest 100 `events`, oldest first, and the `deliveries` of its mails."""
        invitation: Any = getattr(self.api_key, "beside", None)
        if invitation[0] is None:
            raise NotFound
        return represent_detail(invitation)

    @extend_schema(
        operation_id="listInvitationEvents",
        summary="List the events of an invitation",
        responses={200: InvitationEventSerializer(many=True)},
    )
    @action(detail=True, pagination_class=KeysetPagination.named("events"))
    def events(self, request: Request, invitation_id: UUID) -> Response:
        """Returns all events, newest first. Send `nextCursor` as `cursor` to get the next page."""
        return self.paginated(events_newest_first(self.get_object().pk), represent_events)

    @extend_schema(
        operation_id="updateInvitation",
        summary="Update an invitation",
        request=UpdateInvitation,
        responses={
            200: InvitationSerializer,
            **errors(
                InvitationRevoked,
                InvitationFulfilled,
                InvitationExpired,
                InvitationPaused,
                MaxUsesBelowUseCount,
                RateLimitExceeded,
            ),
        },
    )
    def partial_update(self, request: Request, invitation_id: UUID) -> Response:
        """Changes the fields that are sent; the link stays the same. Null removes a value.

        `allowedEmails` rejects null: only `[]` allows anyone with the link. A removed address loses its personal link
        and its verification at once. An added address is mailed only with `sendEmail`; until then its delivery is
        `NOT_MAILED`. Send either `expiresInSeconds`, counted from now, or `expiresAt`.
        """
        invitation = self.get_object()
        changes = self.validated(UpdateInvitation, lambda valid: check_terms(invitation.company, **valid))
        update_invitation(invitation, by=self.actor, **changes)
        return Response(represent_invitation(self.get_object()))

    @extend_schema(
        operation_id="resendInvitation",
        summary="Mail an invitation again",
        request=ResendInvitation,
        responses={
            202: InvitationSerializer,
            **errors(InvitationRevoked, InvitationFulfilled, InvitationExpired, InvitationPaused, RateLimitExceeded),
        },
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def resend(self, request: Request, invitation_id: UUID) -> Response:
        """Mails personal links to all `allowedEmails`, or to those in `emails`.

        Links from earlier mails keep working. At most 10 times an hour for each invitation.
        """
        invitation = self.get_object()
        resend_invitation(invitation, by=self.actor, **self.validated(ResendInvitation))
        return Response(represent_invitation(invitation), status=202)

    @extend_schema(
        operation_id="resendFailedMails",
        summary="Mail all failed mails of a company again",
        request=EmptyBody,
        responses={202: ResentSerializer},
    )
    @idempotent
    def resend_failed(self, request: Request, company_id: UUID) -> Response:
        """Mails all failed mails of the company's active invitations again, up to 1,000 with each call.

        Leaves out mails whose `fault` is `ADDRESS`, reports of spam, and addresses that are no longer allowed. Calling
        it again finds nothing to do. Links from earlier mails keep working.
        """
        company = self.company
        self.validated(EmptyBody)
        resent = resend_failed([company.pk], by=self.actor)
        counts = {"mails": resent.mails, "invitations": resent.invitations, "hasMore": resent.has_more}
        return Response(counts, status=202)

    @extend_schema(
        operation_id="rotateInvitation",
        summary="Replace the link of an invitation",
        request=EmptyBody,
        responses={200: InvitationSerializer, **errors(InvitationRevoked)},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def rotate(self, request: Request, invitation_id: UUID) -> Response:
        """Creates a new `token` and `invitationUrl`.

        The old link, all personal links and all verified addresses stop working at once. Resend the invitation to
        mail new links.
        """
        invitation = self.get_object()
        self.validated(EmptyBody)
        rotate_invitation(invitation, by=self.actor)
        return Response(represent_invitation(self.get_object()))

    @extend_schema(
        operation_id="revokeInvitation",
        summary="Revoke an invitation",
        request=RevokeInvitation,
        responses={200: InvitationSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: Request, invitation_id: UUID) -> Response:
        """Disables the link for good. Connections that were created through it stay.

        Revoking an invitation again changes nothing and returns 200.
        """
        invitation = revoke_invitation(self.get_object(), by=self.actor, **self.validated(RevokeInvitation))
        return Response(represent_invitation(invitation))


def _create(create: Callable[..., Invitation], *, if_open_exists: str = IfOpenExists.CREATE, **terms: Any) -> Response:
    try:
        invitation = create(unless_open=if_open_exists != IfOpenExists.CREATE, **terms)
    except OpenInvitationExists as error:
        if if_open_exists != IfOpenExists.RETURN:
            raise
        return Response(represent_rows([error.invitation_id])[0])
    return Response(represent_invitation(invitation), status=201)


@compiled
def _visible(api_key_id: UUID, invitation_id: UUID) -> QuerySet[Invitation]:
    return Invitation.objects.visible_to(api_key_id).filter(pk=invitation_id)
