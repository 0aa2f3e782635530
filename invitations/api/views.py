"""Invitations of a company: create, list, follow, change, mail again, replace the link, revoke."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerView
from companies.api.idempotency import idempotent
from companies.models import Scope
from config.api.fields import EmptyBody
from config.api.pagination import newest_first
from config.api.schema import operation
from config.db.compiled_queries import compiled
from config.db.index_hints import newest_first_for
from config.exceptions import NotFound
from connections.models import Connection
from invitations.api import examples
from invitations.api.filters import matching
from invitations.api.representation import (
    COLUMNS,
    represent_detail,
    represent_invitation,
    represent_invitations,
)
from invitations.api.serializers import (
    InvitationChanges,
    InvitationDetailOutput,
    InvitationInput,
    InvitationOutput,
    InvitationPage,
    InvitationQuery,
    RepairInput,
    ResendInput,
    RevokeInput,
)
from invitations.exceptions import (
    InvitationExpired,
    InvitationFulfilled,
    InvitationRevoked,
    MaxUsesBelowUseCount,
    RateLimitExceeded,
)
from invitations.models import Invitation
from invitations.services.delivery.send import resend_invitation
from invitations.services.invitations import (
    create_invitation,
    create_repair_invitation,
    revoke_invitation,
    rotate_invitation,
    update_invitation,
)


class InvitationView(PartnerView):
    scopes: ClassVar[dict[str, Scope | None]] = {
        "GET": Scope.INVITATIONS_READ,
        "POST": Scope.INVITATIONS_WRITE,
        "PATCH": Scope.INVITATIONS_WRITE,
    }

    def invitation(self, invitation_id: UUID) -> Invitation:
        """The partner's invitation with this id. Raises `NotFound`."""
        found = _visible(partner_id=self.partner.pk, invitation_id=invitation_id)
        if not found:
            raise NotFound
        return found[0]


@compiled
def _visible(partner_id: UUID, invitation_id: UUID) -> QuerySet[Invitation]:
    return Invitation.objects.visible_to(partner_id).filter(pk=invitation_id)


class InvitationList(InvitationView):
    @operation(
        "listInvitations",
        "Invitations of a company, newest first",
        query=InvitationQuery,
        answer=InvitationPage,
        example=examples.INVITATIONS,
    )
    def get(self, request: Request, company_id: UUID) -> Response:
        """The company's invitations for which every filter holds.

        `status` and `invitationType` may be repeated: then any of them holds. `email` finds invitations that this
        address is on. Without `events` and `deliveries`.
        """
        query = InvitationQuery.of(request)
        limit, cursor = query.pop("limit"), query.pop("cursor", None)
        found, cases = matching(newest_first_for(Invitation.objects.all(), "company", self.company.pk), query)
        rows = found.values_list(*COLUMNS, named=True)
        return Response(
            newest_first("invitations", rows, represent_invitations, limit=limit, cursor=cursor, cases=cases)
        )

    @operation(
        "createInvitation",
        "Invite somebody to connect an account",
        body=InvitationInput,
        body_example=examples.INVITATION_BODY,
        answer=InvitationOutput,
        status=201,
        example=examples.INVITATION,
    )
    @idempotent
    def post(self, request: Request, company_id: UUID) -> Response:
        """A link through which somebody outside connects an account of the company's.

        Every field may be left out; null is the same as not given. Without `allowedEmails` anyone with the link may
        use it. With `sendEmail` each of the addresses is mailed a personal link of its own, which no answer shows.
        """
        invitation = create_invitation(self.company, by=self.actor, **InvitationInput.checked(request.data))
        return Response(represent_invitation(invitation), status=201)


class RepairInvitation(InvitationView):
    @operation(
        "createRepairInvitation",
        "Invite somebody to repair a connection",
        body=RepairInput,
        body_example={"allowedEmails": ["jane@example.com"], "sendEmail": True, "maxUses": 1},
        answer=InvitationOutput,
        status=201,
        example=examples.REPAIR,
    )
    @idempotent
    def post(self, request: Request, connection_id: UUID) -> Response:
        """A link through which somebody gives an existing connection new login details.

        The fields are those of `createInvitation` but for `prefill`: the provider stands fast.
        """
        visible = Connection.objects.visible_to(self.partner).select_related("company__partner")
        connection = visible.filter(pk=connection_id).first()
        if connection is None:
            raise NotFound
        invitation = create_repair_invitation(connection, by=self.actor, **RepairInput.checked(request.data))
        return Response(represent_invitation(invitation), status=201)


class InvitationDetail(InvitationView):
    @operation(
        "getInvitation",
        "One invitation with its log",
        answer=InvitationDetailOutput,
        example=examples.INVITATION_DETAIL,
    )
    def get(self, request: Request, invitation_id: UUID) -> Response:
        """The invitation with its whole log (`events`, oldest first) and what became of its mails (`deliveries`)."""
        invitation = self.invitation(invitation_id)
        return Response(represent_detail(invitation))

    @operation(
        "updateInvitation",
        "Change an invitation; the link stays the same",
        refuses={
            InvitationRevoked: "It was revoked.",
            MaxUsesBelowUseCount: "More connections were made through it than `maxUses` would allow.",
        },
        body=InvitationChanges,
        body_example={"maxUses": 3, "expiresInSeconds": 604800},
        answer=InvitationOutput,
        example=examples.INVITATION,
    )
    def patch(self, request: Request, invitation_id: UUID) -> Response:
        """What is left out stays as it is, and null takes away what is there.

        `allowedEmails` takes no null: only `[]` opens an invitation to anyone. An address that is taken off loses its
        personal link and its proof at once. Where nothing changes nothing is logged. `expiresInSeconds` counts from
        now; give it or `expiresAt`.
        """
        invitation = self.invitation(invitation_id)
        update_invitation(invitation, by=self.actor, **InvitationChanges.checked(request.data))
        return Response(represent_invitation(self.invitation(invitation_id)))


class InvitationResend(InvitationView):
    @operation(
        "resendInvitation",
        "Mail the invitation again, to all allowed addresses or to some",
        refuses={
            InvitationRevoked: "It was revoked.",
            InvitationFulfilled: "Every use is spent.",
            InvitationExpired: "It has expired.",
            RateLimitExceeded: "It was mailed again 10 times within the hour.",
        },
        body=ResendInput,
        body_example={"emails": ["jane@example.com"]},
        answer=InvitationOutput,
        status=202,
        example=examples.RESTRICTED,
    )
    @idempotent
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """To all of `allowedEmails`, or to those of them in `emails`.

        Links that were mailed earlier stay alive. At most 10 times an hour for each invitation.
        """
        invitation = self.invitation(invitation_id)
        resend_invitation(invitation, by=self.actor, **ResendInput.checked(request.data))
        return Response(represent_invitation(invitation), status=202)


class InvitationRotate(InvitationView):
    @operation(
        "rotateInvitation",
        "Replace the link; the old one leads nowhere at once",
        refuses={InvitationRevoked: "It was revoked."},
        body=EmptyBody,
        body_example={},
        answer=InvitationOutput,
        example=examples.INVITATION,
    )
    @idempotent
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """A new `token` and `invitationUrl`.

        The old link, every personal link and every proof of an address end at once; mail the invitation again to
        hand the new one out.
        """
        invitation = self.invitation(invitation_id)
        EmptyBody.checked(request.data)
        rotate_invitation(invitation, by=self.actor)
        return Response(represent_invitation(self.invitation(invitation_id)))


class InvitationRevoke(InvitationView):
    @operation(
        "revokeInvitation",
        "Make the link lead nowhere",
        body=RevokeInput,
        body_example={"reason": "Sent to the wrong person"},
        answer=InvitationOutput,
        example=examples.REVOKED,
    )
    @idempotent
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """The link opens nothing from now on.

        A second time changes nothing, and is a 200 as well. What was connected through it stays.
        """
        invitation = revoke_invitation(
            self.invitation(invitation_id), by=self.actor, **RevokeInput.checked(request.data)
        )
        return Response(represent_invitation(invitation))
