"""Repair connections: by an invitation, by an immediate correction, or automatically."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from companies.actors import CONTRIBUTOR, SYSTEM
from companies.models import ActorKind, Company
from config.db.uuid7 import first_uuid7_at
from config.jobs import defer_once
from connections.models import Connection, ConnectionEventType
from connections.models.status import REPAIRABLE, Status
from connections.services.connections import change_credentials
from connections.services.credentials import Credentials, holds_credentials
from invitations.exceptions import NothingToCorrect, SavedBefore
from invitations.models import EmailProof, Invitation
from invitations.services.guards import ensure_active, ensure_correctable, ensure_verified
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from invitations.services.redemption import find_use, spend_use

# between two automatic invitations for one connection
PAUSE = timedelta(days=1)
# time for the contributor to correct refused credentials before an automatic invitation
GRACE = timedelta(minutes=15)
CREDENTIAL_EVENTS = (ConnectionEventType.CREATED, ConnectionEventType.CREDENTIALS_CHANGED)
RECOVERED = gettext_lazy("The connection works again.")
SWITCHED_OFF = gettext_lazy("Automatic repair was switched off.")


@sensitive_variables("credentials")
@transaction.atomic
def repair_connection(
    invitation: Invitation, *, form_id: UUID, credentials: Credentials, proof: EmailProof | None = None
) -> Connection:
    """Give the invitation's connection new credentials and spend one use, under a lock on the invitation.

    The same form again spends nothing; with another login it raises `SavedBefore`. Raises as `redeem_invitation` does.
    """
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("connection").get(pk=invitation.pk)
    if earlier := find_use(locked, form_id):
        if not holds_credentials(earlier.target.credential, credentials):
            raise SavedBefore(form_id)
        return earlier.target
    ensure_active(locked)
    ensure_verified(locked, proof)
    assert locked.connection is not None  # noqa: S101 - guaranteed by a check constraint
    email = proof.email if proof else None
    connection = change_credentials(
        locked.connection, credentials=credentials, by=CONTRIBUTOR, email=email, invitation_id=locked.pk
    )
    spend_use(locked, form_id=form_id, repaired=connection, email=email)
    return connection


@sensitive_variables("credentials")
@transaction.atomic
def correct_credentials(
    invitation: Invitation,
    connection: Connection,
    *,
    credentials: Credentials,
    email: str | None = None,
    version: int | None = None,
) -> Connection:
    """Replace credentials that were refused, or that wait for their check, without spending a use.

    The caller ensures that it is the browser that gave them, and with which verified address (`email`). `version` is
    that of the credentials the form was made for. Credentials that wait are replaced only if they have it. A form that
    was saved before changes nothing. Raises `InvitationRevoked`, `AddressRemoved`, or `NothingToCorrect`.
    """
    # locked before the connection, as in a repair, so that a concurrent revoke comes before or after
    locked_invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    ensure_correctable(locked_invitation, email)
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    is_newest = version == locked.credential.version
    may_replace = locked.is_repairable or (locked.is_being_checked and is_newest)
    was_outdated = version is not None and not is_newest
    if (was_outdated or not may_replace) and holds_credentials(locked.credential, credentials):
        return locked
    if not may_replace:
        raise NothingToCorrect
    return change_credentials(
        locked, credentials=credentials, by=CONTRIBUTOR, email=email, invitation_id=locked_invitation.pk
    )


@transaction.atomic
def follow_status(connection_id: UUID) -> Invitation | None:
    """Invite to repair a broken connection, or revoke the automatic invitation after recovery.

    Only for companies with `repairs_automatically`. The lock on the connection prevents a second open invitation. It
    goes to the last verified address, else to the owner. Within a day of the last one, or 15 minutes of a login by a
    contributor, a job tries again later. Returns the new invitation, or None.
    """
    _lock_automatic_repairs(connection_id)
    connection = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if connection is None:
        return None
    # read after the lock: the setting may have changed while waiting
    wanted = Company.objects.filter(pk=connection.company_id, repairs_automatically=True).exists()
    open_repairs = connection.repair_invitations.active()
    if not wanted or connection.status == Status.CONNECTED:
        for invitation in open_repairs.filter(is_automatic=True):
            revoke_invitation(invitation, by=SYSTEM, reason=str(RECOVERED if wanted else SWITCHED_OFF))
        return None
    email = connection.verified_email or connection.owner_email
    if not connection.is_repairable or not email or open_repairs.exists():
        return None
    if (earliest := _earliest_invitation(connection)) > timezone.now():
        _follow_again(connection_id, at=earliest)
        return None
    return create_repair_invitation(
        connection, by=SYSTEM, is_automatic=True, allowed_emails=[email], send_email=True, max_uses=1
    )


def end_automatic_repairs(company_id: UUID) -> None:
    """Revoke the open automatic invitations of a company that has switched automatic repair off.

    Locks each connection, so that a concurrent invitation is not missed. Does nothing if it is on again.
    """
    connections = Connection.objects.filter(company=company_id)
    broken = set(connections.filter(status__in=REPAIRABLE).values_list("pk", flat=True))
    invited = Invitation.objects.active().filter(company=company_id, is_automatic=True)
    for connection_id in sorted(broken | set(invited.values_list("connection", flat=True))):
        follow_status(connection_id)


def _earliest_invitation(connection: Connection) -> datetime:
    """Return when both the pause after the last invitation and the grace after the last login are over."""
    now = timezone.now()
    logins = connection.events.filter(
        type__in=CREDENTIAL_EVENTS, actor=ActorKind.CONTRIBUTOR, pk__gte=first_uuid7_at(now, shift=-GRACE)
    )
    given = logins.aggregate(at=Max("created_at"))["at"]
    invited = connection.repair_invitations.filter(is_automatic=True).aggregate(at=Max("created_at"))["at"]
    return max(given + GRACE if given else now, invited + PAUSE if invited else now)


def _follow_again(connection_id: UUID, *, at: datetime) -> None:
    """Queue one job for that moment, even if the status changes often before it."""
    name = f"follow_status {connection_id} {at.isoformat()}"
    defer_once("invitations.tasks.follow_status", {"connection_id": str(connection_id)}, name=name, schedule_at=at)


def _lock_automatic_repairs(connection_id: UUID) -> None:
    """Lock invitations before the connection, as a repair does, so that they cannot deadlock."""
    automatic = Invitation.objects.filter(connection=connection_id, is_automatic=True, revoked_at=None)
    list(automatic.select_for_update().order_by("pk").values_list("pk"))
