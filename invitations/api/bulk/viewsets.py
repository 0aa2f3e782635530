"""Many invitations of a company at once."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.idempotency import idempotent
from companies.exceptions import CompanyInactive
from companies.models import Scope
from config.api.schema import errors
from invitations.api.bodies import IfOpenExists
from invitations.api.bulk.bodies import CreateInvitations
from invitations.api.bulk.chosen import ResendInvitations, RevokeInvitations, choose
from invitations.api.bulk.creations import create_items
from invitations.api.bulk.results import ChangesSerializer, CreationsSerializer, change_results
from invitations.services.bulk_changes import resend_invitations, revoke_invitations


class BulkInvitationViewSet(PartnerViewSet):
    required_scopes: ClassVar[dict[str, Scope | None]] = {"POST": Scope.INVITATIONS_WRITE}

    @extend_schema(
        operation_id="createInvitations",
        summary="Create up to 500 invitations",
        request=CreateInvitations,
        responses={207: CreationsSerializer, **errors(CompanyInactive)},
    )
    @idempotent
    def create(self, request: Request, company_id: UUID) -> Response:
        """Creates an invitation to connect an account for each item. Returns a result for each, in the same order.

        Items take the fields of `createInvitation`, with an `externalId` of their own; `ifOpenExists` of an item
        replaces that of the body. An item that is refused does not affect the others: its result has the `problem`.
        Send an `Idempotency-Key`: if the connection breaks, the same request creates no second invitation. Mails
        leave after those of single invitations. The body may have 2 MiB.
        """
        company = self.company
        if not company.is_active:
            raise CompanyInactive
        body = self.validated(CreateInvitations)
        mode = body.get("if_open_exists") or IfOpenExists.CREATE
        return Response({"results": create_items(company, body["items"], mode, by=self.actor)}, status=207)

    @extend_schema(
        operation_id="revokeInvitations",
        summary="Revoke up to 500 invitations",
        request=RevokeInvitations,
        responses={207: ChangesSerializer},
    )
    @idempotent
    def revoke(self, request: Request, company_id: UUID) -> Response:
        """Disables the links of the invitations in `ids`, or of the newest 500 that match the `filter`, for good.

        An empty filter is refused. Without `status`, the filter matches active invitations only. If `hasMore` is
        true, send the request again with `nextCursor` as `cursor`. A result with 200 also stands for an invitation
        that was revoked before.
        """
        company = self.company
        body = self.validated(RevokeInvitations)
        ids, cursor = choose(self, body)
        outcomes = revoke_invitations(company, ids, by=self.actor, reason=body.get("reason"))
        return Response(change_results(ids, outcomes, status=200, cursor=cursor), status=207)

    @extend_schema(
        operation_id="resendInvitations",
        summary="Mail up to 500 invitations again",
        request=ResendInvitations,
        responses={207: ChangesSerializer},
    )
    @idempotent
    def resend(self, request: Request, company_id: UUID) -> Response:
        """Mails personal links to all addresses of the invitations in `ids`, or of the newest 500 of the `filter`.

        Each invitation is mailed at most 10 times an hour: beyond that its result is a 429, and `retryAfter` of its
        problem has the seconds. One request mails 5,000 addresses at most. An invitation that cannot be used is a
        409. If `hasMore` is true, send the request again with `nextCursor` as `cursor`.
        """
        company = self.company
        body = self.validated(ResendInvitations)
        ids, cursor = choose(self, body)
        outcomes = resend_invitations(company, ids, by=self.actor)
        return Response(change_results(ids, outcomes, status=202, cursor=cursor), status=207)
