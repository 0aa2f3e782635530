"""Repair connections: by an invitation, by an immediate correction, or automatically."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from companies.actors import CONTRIBUTOR, SYSTEM
from companies.models import ActorKind, Company
from config.db.uuid7 import first_uuid7_at
from config.jobs import defer_once
from connections.models import Connection, ConnectionEventType
from connections.models.status import REPAIRABLE
from connections.services.connections import change_credentials
from connections.services.credentials import Credentials, holds_credentials, holds_username
from invitations.exceptions import ConnectedBefore, NothingToCorrect, SavedBefore
from invitations.models import EmailProof, EventType, Invitation, InvitationEvent, RevokedBecause
from invitations.models.consent import Consent
from invitations.services.accounts import find_same_account
from invitations.services.consent import uses_of
from invitations.services.delivery.send import queue_mails
from invitations.services.events import log_event
from invitations.services.guards import ensure_active, ensure_correctable, ensure_verified
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from invitations.services.rate_limits import check_rate_limit
from invitations.services.redemption import find_use, spend_use

# between two automatic invitations for one connection
PAUSE = timedelta(days=1)
# time for the contributor to correct refused credentials before an automatic invitation
GRACE = timedelta(minutes=15)
# each is an event and a login at the provider, which locks accounts after many
CORRECTIONS_PER_HOUR = 20
CREDENTIAL_EVENTS = (ConnectionEventType.CREATED, ConnectionEventType.CREDENTIALS_CHANGED)


@sensitive_variables("credentials")
@transaction.atomic
def repair_connection(
    invitation: Invitation,
    *,
    form_id: UUID,
    credentials: Credentials,
    consent: Consent,
    proof: EmailProof | None = None,
) -> Connection:
    """Give the invitation's connection new credentials and spend one use, under a lock on the invitation.

    The same form again spends nothing; with another login it raises `SavedBefore`. Raises as `redeem_invitation` does.
    """
    rows = Invitation.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("company").get(pk=invitation.pk)
    if earlier := find_use(locked, form_id):
        if not holds_credentials(earlier.target.credential, credentials):
            raise SavedBefore(form_id)
        return earlier.target
    # locked, so that it does not recover or get disabled in between
    broken = locked.connection = Connection.objects.select_for_update(of=("self",)).get(repair_invitations=locked)
    ensure_active(locked)
    ensure_verified(locked, proof)
    email = proof.email if proof else None
    connection = change_credentials(
        broken, credentials=credentials, by=CONTRIBUTOR, email=email, invitation_id=locked.pk
    )
    spend_use(locked, form_id=form_id, repaired=connection, email=email, consent=consent)
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
    again: UUID | None = None,
    own_uses: Collection[UUID] = (),
) -> Connection:
    """Replace credentials that were refused, or that wait for their check, without spending a use.

    The caller ensures that it is the browser that gave them, and with which verified address (`email`). `version` is
    that of the credentials the form was made for. Credentials that wait are replaced only if they have it. A form that
    was saved before changes nothing. Raises `InvitationRevoked`, `AddressRemoved`, `NothingToCorrect`, or
    `ConnectedBefore` if the new user name is that of another of the browser's `own_uses`, unless that is `again`. The
    accounts of other browsers are not compared: corrections cost nothing, so they would allow to guess user names.
    Raises `RateLimitExceeded` after 20 within an hour. Nothing is corrected after one of `own_uses` was withdrawn.
    """
    # locked before the connection, as in a repair, so that a concurrent revoke comes before or after
    locked_invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    ensure_correctable(locked_invitation, email)
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    is_newest = version == locked.credential.version
    may_replace = locked.is_repairable or (locked.is_being_checked and is_newest)
    was_outdated = version is not None and not is_newest
    if (was_outdated or not may_replace) and holds_credentials(locked.credential, credentials):
        return locked
    if not may_replace or _has_withdrawn(locked, own_uses):
        raise NothingToCorrect
    if not holds_username(locked.credential, credentials["username"]):
        connected = find_same_account(
            locked_invitation, locked.login_url, credentials["username"], among=set(own_uses) - {again}
        )
        if connected:
            raise ConnectedBefore(connected)
    check_rate_limit(f"corrections:{locked.pk}", limit=CORRECTIONS_PER_HOUR, per=timedelta(hours=1))
    return change_credentials(
        locked, credentials=credentials, by=CONTRIBUTOR, email=email, invitation_id=locked_invitation.pk
    )


def _has_withdrawn(connection: Connection, own_uses: Collection[UUID]) -> bool:
    """True if a use withdrew the consent to the connection. A login that was given since is another person's."""
    return uses_of(connection.pk).filter(pk__in=own_uses, withdrawn_at__isnull=False).exists()


@transaction.atomic
def follow_status(connection_id: UUID) -> Invitation | None:
    """End invitations to repair a connection that needs none any more, or invite to repair a broken one.

    Ends on recovery: automatic and used invitations. When the connection is disabled: all. Invites only for companies
    with `repairs_automatically`. The lock on the connection prevents a second invitation. The mail goes to the last
    verified address, else to the owner: an open invitation of this address is mailed again. Within a day of the last
    mail, or 15 minutes of a login by a contributor, a job tries again later. Returns the invitation that was mailed.
    """
    _lock_repairs(connection_id)
    connection = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if connection is None:
        return None
    # read after the lock: the setting may have changed while waiting
    is_wanted = Company.objects.filter(pk=connection.company_id, repairs_automatically=True).exists()
    _end_repairs(connection, is_wanted=is_wanted)
    email = connection.verified_email or connection.owner_email
    if not is_wanted or not connection.is_repairable or not email:
        return None
    if (earliest := _earliest_mail(connection, email)) > timezone.now():
        _follow_again(connection_id, at=earliest)
        return None
    return _mail_again(connection, email) or create_repair_invitation(
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


def _end_repairs(connection: Connection, *, is_wanted: bool) -> None:
    for invitation in connection.repair_invitations.active().order_by("pk"):
        invitation.connection = connection
        if invitation.has_lost_its_connection:
            revoke_invitation(invitation, by=SYSTEM, because=RevokedBecause.DISABLED)
        elif invitation.has_repaired or (connection.is_connected and invitation.is_automatic):
            revoke_invitation(invitation, by=SYSTEM, because=RevokedBecause.RECOVERED)
        elif invitation.is_automatic and not is_wanted:
            revoke_invitation(invitation, by=SYSTEM, because=RevokedBecause.SWITCHED_OFF)


def _mail_again(connection: Connection, email: str) -> Invitation | None:
    """Mail the newest open invitation of this address again. None if there is none."""
    invitation = connection.repair_invitations.active().filter(allowed_emails__contains=[email]).order_by("-pk").first()
    if invitation:
        log_event(invitation, EventType.RESENT, by=SYSTEM, emails=[email])
        queue_mails(invitation, [email])
    return invitation


def _earliest_mail(connection: Connection, email: str) -> datetime:
    """Return when both the pause after the last mail and the grace after the last login are over."""
    now = timezone.now()
    logins = connection.events.filter(
        type__in=CREDENTIAL_EVENTS, actor=ActorKind.CONTRIBUTOR, pk__gte=first_uuid7_at(now, shift=-GRACE)
    )
    given = logins.aggregate(at=Max("created_at"))["at"]
    last = _last_mail(connection, email)
    return max(given + GRACE if given else now, last + PAUSE if last else now)


def _last_mail(connection: Connection, email: str) -> datetime | None:
    """Return when Latchkey last invited, or the open invitation of this address was last mailed."""
    repairs = connection.repair_invitations
    mailed = repairs.active().filter(send_email=True, allowed_emails__contains=[email])
    resent = InvitationEvent.objects.filter(type=EventType.RESENT, invitation__connection=connection)
    times = [rows.aggregate(at=Max("created_at"))["at"] for rows in (repairs.filter(is_automatic=True), mailed, resent)]
    return max(filter(None, times), default=None)


def _follow_again(connection_id: UUID, *, at: datetime) -> None:
    """Queue one job for that moment, even if the status changes often before it."""
    name = f"follow_status {connection_id} {at.isoformat()}"
    defer_once("invitations.tasks.follow_status", {"connection_id": str(connection_id)}, name=name, schedule_at=at)


def _lock_repairs(connection_id: UUID) -> None:
    """Lock invitations before the connection, as a repair does, so that they cannot deadlock."""
    repairs = Invitation.objects.filter(connection=connection_id, revoked_at=None)
    list(repairs.select_for_update(no_key=True).order_by("pk").values_list("pk"))
