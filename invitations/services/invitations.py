"""Create, update, rotate and revoke invitations."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from companies.actors import Actor
from companies.exceptions import CompanyInactive
from companies.models import Company
from companies.services.webhooks.publish import snapshot
from config.exceptions import InvalidField
from config.validators import validate_locale, validate_single_line
from connections.models import Connection, ConnectionEventType
from connections.services.events import log_connection_event
from invitations.exceptions import ChangedMeanwhile, InvitationRevoked, MaxUsesBelowUseCount
from invitations.models import EventType, Invitation, InvitationType, RevokedBecause
from invitations.models.prefill import Prefill
from invitations.models.status import Status
from invitations.models.tokens import encrypt_token, hash_token, new_token
from invitations.services import statements
from invitations.services.addresses import settle_declines
from invitations.services.delivery.send import SINGLE, mail_unmailed, queue_first_mails
from invitations.services.events import (
    FOLDED_FOR,
    KIND,
    STEPS,
    audit_changes,
    log_event,
    new_event,
    publication,
    wire_name,
)
from invitations.services.form_idempotency import run_once
from invitations.services.link_requests.close import close_link_requests
from invitations.services.open_invitations import ensure_none_open
from invitations.services.references import References
from invitations.services.reminders.schedule import set_next_reminder
from invitations.services.terms import Changes, Terms, check_terms
from invitations.services.verification.proofs import known_emails, revoke_access

VIEW_INTERVAL = timedelta(minutes=10)
FETCH_INTERVAL = timedelta(hours=1)
MAX_REASON_LENGTH = 500


def create_invitation(
    company: Company,
    *,
    by: Actor,
    prefill: Prefill | None = None,
    form_id: UUID | None = None,
    unless_open: bool = False,
    **terms: Unpack[Terms],
) -> Invitation:
    """Create an invitation to connect an account of the company.

    Raises `InvalidField` for terms that `check_terms` rejects, and `SubmittedBefore` for a `form_id` that was used
    before; with `unless_open`, also what `ensure_none_open` raises.
    """
    with run_once(form_id, by=by):
        invitation = draft_invitation(company, prefill=prefill, **terms)
        return _store(invitation, by=by, form_id=form_id, unless_open=unless_open)


@transaction.atomic
def create_repair_invitation(
    connection: Connection,
    *,
    by: Actor,
    is_automatic: bool = False,
    form_id: UUID | None = None,
    unless_open: bool = False,
    **terms: Unpack[Terms],
) -> Invitation:
    """Create an invitation to give the connection new credentials. Raises what `create_invitation` raises."""
    with run_once(form_id, by=by):
        invitation = draft_repair_invitation(connection, **terms)
        invitation.is_automatic = is_automatic
        if unless_open:
            ensure_none_open(invitation)
        invited: dict[str, Any] = {"invitationId": str(invitation.pk), "isAutomatic": is_automatic}
        log_connection_event(connection, ConnectionEventType.REPAIR_INVITED, by=by, **invited)
        return _store(invitation, by=by, form_id=form_id)


def draft_invitation(
    company: Company,
    *,
    prefill: Prefill | None = None,
    references: References | None = None,
    **terms: Unpack[Terms],
) -> Invitation:
    """Build what `create_invitation` would create, unsaved, with a link that does not work. Raises the same."""
    return _draft(company, prefill=prefill, references=references, terms=terms)


def draft_repair_invitation(connection: Connection, **terms: Unpack[Terms]) -> Invitation:
    """Build what `create_repair_invitation` would create, unsaved. Raises the same."""
    return _draft(connection.company, connection=connection, terms=terms)


def _draft(
    company: Company,
    *,
    terms: Terms,
    prefill: Prefill | None = None,
    references: References | None = None,
    connection: Connection | None = None,
) -> Invitation:
    if not company.is_active:
        raise CompanyInactive
    now = timezone.now()
    invitation_id, token = uuid7(), new_token()
    checked = check_terms(company, now=now, prefill=prefill, references=references, **terms)
    invitation = Invitation(
        id=invitation_id,
        company=company,
        invitation_type=InvitationType.EDIT_CONNECTION if connection else InvitationType.CREATE_CONNECTION,
        connection=connection,
        token_hash=hash_token(token),
        encrypted_token=encrypt_token(token, owner_id=invitation_id),
        send_email=terms.get("send_email", False),
        locale=validate_locale(locale) if (locale := terms.get("locale")) else company.locale,
        is_locale_chosen=bool(locale) or company.locale != settings.LANGUAGE_CODE,
        created_at=now,
        updated_at=now,
        **checked,
    )
    if "sends_reminders" not in checked:
        invitation.sends_reminders = invitation.send_email and bool(invitation.mailable_emails)
    set_next_reminder(invitation, after=now)
    return invitation


def _store(invitation: Invitation, *, by: Actor, form_id: UUID | None, unless_open: bool = False) -> Invitation:
    created = new_event(invitation, EventType.CREATED, by=by, event_id=form_id)
    published = publication(EventType.CREATED, invitation)
    if not (invitation.send_email or unless_open):
        statements.insert_invitation(invitation, created, published)
        STEPS.count_on_commit(EventType.CREATED)
        return invitation
    with transaction.atomic():
        if unless_open:
            ensure_none_open(invitation)
        statements.insert_invitation(invitation, created, published)
        if invitation.send_email:
            queue_first_mails([invitation], priority=SINGLE)
        STEPS.count_on_commit(EventType.CREATED)
    return invitation


@transaction.atomic
def update_invitation(
    invitation: Invitation, *, by: Actor, seen: Mapping[str, Any] | None = None, **changes: Unpack[Changes]
) -> Invitation:
    """Change an invitation by the rules of `create_invitation`. The link stays the same.

    Removed addresses lose their personal links, proofs and codes. With `send_email`, each address without a mailed link
    is mailed one. Unchanged values are not logged. Raises `InvitationRevoked`, `MaxUsesBelowUseCount`, and
    `ChangedMeanwhile` if a field differs from its value in `seen`; for mails, also the errors of `resend_invitation`.
    """
    locked = lock_invitation(invitation)
    if locked.revoked_at:
        raise InvitationRevoked
    if any(getattr(locked, name) != value for name, value in (seen or {}).items()):
        raise ChangedMeanwhile
    now = timezone.now()
    checked = _checked_changes(locked, changes, now)
    values = {name: value for name, value in checked.items() if getattr(locked, name) != value}
    if values:
        _apply_changes(locked, values, now, by=by)
    if changes.get("send_email"):
        mail_unmailed(locked, by=by)
    return locked


def _apply_changes(locked: Invitation, values: Mapping[str, Any], now: datetime, *, by: Actor) -> None:
    before, old_snapshot = {name: getattr(locked, name) for name in values}, snapshot(KIND, locked)
    was_expired = locked.status == Status.EXPIRED
    for name, value in values.items():
        setattr(locked, name, value)
    locked.updated_at = now
    changed = [*values, "updated_at", *(settle_declines(locked) if "allowed_emails" in values else ())]
    if {"expires_at", "sends_reminders"} & values.keys():
        set_next_reminder(locked, after=now)
        changed += ["next_reminder", "next_reminder_at"]
    locked.save(update_fields=changed)
    if was_expired and "expires_at" in values:
        close_link_requests(locked, by=by)
    if locked.is_restricted:
        removed = [email for email in known_emails(locked) if not locked.allows(email)]
        revoke_access(locked, removed, were_removed=True)
    fields = sorted(map(wire_name, values))
    changes = audit_changes(before, values)
    log_event(locked, EventType.UPDATED, by=by, before=old_snapshot, fields=fields, **changes)


@transaction.atomic
def rotate_invitation(invitation: Invitation, *, by: Actor) -> Invitation:
    """Replace the link. The old one, every personal link, proof and code end now. Raises `InvitationRevoked`."""
    locked = lock_invitation(invitation)
    if locked.revoked_at:
        raise InvitationRevoked
    # before the new token, which is a unique key of the row: see lock_invitation
    revoke_access(locked, known_emails(locked))
    token = new_token()
    locked.token_hash = hash_token(token)
    locked.encrypted_token = encrypt_token(token, owner_id=locked.pk)
    locked.updated_at = timezone.now()
    locked.save(update_fields=["token_hash", "encrypted_token", "updated_at"])
    log_event(locked, EventType.ROTATED, by=by)
    return locked


@transaction.atomic
def revoke_invitation(
    invitation: Invitation, *, by: Actor, reason: str | None = None, because: RevokedBecause | None = None
) -> Invitation:
    """End the link for good. An invitation that was revoked before stays unchanged.

    `because`: Latchkey's own reason, for the contributor's page. Raises `InvalidField` for a `reason` that is not one
    line of at most 500 characters.
    """
    reason = check_reason(str(because.label) if because else reason)
    now = timezone.now()
    # it may wait for another change, which is later than `now` then: partners keep what was updated last
    revoked = Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(
        revoked_at=now, revoked_because=because, updated_at=Greatest("updated_at", now)
    )
    if revoked:
        detail: dict[str, Any] = {"reason": reason} if reason else {}
        log_event(invitation, EventType.REVOKED, by=by, **detail)
    invitation.refresh_from_db(fields=["revoked_at", "updated_at"])
    return invitation


def check_reason(reason: str | None) -> str:
    return validate_single_line(reason or "", max_length=MAX_REASON_LENGTH, field=("reason",))


def lock_invitation(invitation: Invitation) -> Invitation:
    """Read an invitation under a row lock (`FOR NO KEY UPDATE`).

    Not `FOR UPDATE`: a visitor who uses a personal link holds the link and needs a key share of the invitation, and
    `revoke_access` would wait for the link in turn.
    """
    rows = Invitation.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("company__partner").get(pk=invitation.pk)


def record_view(invitation: Invitation) -> None:
    """Log that the page was opened, at most once in ten minutes, so that reloading does not fill the table."""
    if due := _due(invitation.last_viewed_at, VIEW_INTERVAL):
        statements.log_view(invitation.pk, publication(EventType.VIEWED, invitation), **due)
        STEPS.count_on_commit(EventType.VIEWED)


def record_fetch(invitation: Invitation) -> None:
    """Log that a program opened the page, such as a mail scanner or a preview, at most once in an hour."""
    if due := _due(invitation.last_fetched_at, FETCH_INTERVAL):
        statements.log_fetch(invitation.pk, **due)
        STEPS.count_on_commit(EventType.FETCHED)


def _due(last: datetime | None, interval: timedelta) -> dict[str, datetime] | None:
    """Return the times for the log if the last opening is longer ago than the interval, else None."""
    now = timezone.now()
    if last is not None and now - last < interval:
        return None
    return {"now": now, "guard": now - interval, "folded_since": now - FOLDED_FOR}


def _checked_changes(invitation: Invitation, changes: Changes, now: datetime) -> dict[str, Any]:
    if changes.get("prefill") and invitation.repairs:
        raise InvalidField(("prefill",), _("An invitation to repair a connection has no prefill. Leave it out."))
    checked = check_terms(invitation.company, now=now, **changes)
    if "prefill" in changes:
        checked.setdefault("prefill", {})
    max_uses = checked.get("max_uses")
    if max_uses is not None and max_uses < invitation.use_count:
        raise MaxUsesBelowUseCount
    return checked
