"""Correct a mistyped address without a new invitation."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.actors import Actor
from companies.addresses import normalize_address
from companies.services.webhooks.publish import snapshot
from config.exceptions import InvalidField
from invitations.models import EventType, Invitation
from invitations.services.addresses import settle_declines
from invitations.services.delivery.send import RESENDS_PER_HOUR, queue_mails
from invitations.services.events import KIND, log_event
from invitations.services.guards import ensure_active
from invitations.services.invitations import lock_invitation
from invitations.services.rate_limits import check_rate_limit
from invitations.services.verification.proofs import revoke_access


@transaction.atomic
def correct_address(invitation: Invitation, *, by: Actor, old: str, new: str) -> Invitation:
    """Replace the allowed address `old` by `new`, and mail `new` a link of its own.

    The invitation's link stays. Personal links, proofs and codes of `old` end now; its delivery stays on record. Counts
    as one of the 10 resends an hour. Raises `InvalidField` if `old` is not on the invitation, or `new` already is.
    """
    locked = lock_invitation(invitation)
    ensure_active(locked)
    old, new = old.strip().lower(), normalize_address(new.strip(), field=("new",))
    if old not in locked.mailable_emails:
        raise InvalidField(("old",), _("This address is not on the invitation any more."), code="not_allowed")
    if new in locked.allowed_emails:
        raise InvalidField(("new",), _("This address is on the invitation already."), code="duplicate")
    check_rate_limit(f"resend:{locked.pk}", limit=RESENDS_PER_HOUR, per=timedelta(hours=1))
    before = snapshot(KIND, locked)
    locked.allowed_emails = [new if email == old else email for email in locked.allowed_emails]
    locked.updated_at = timezone.now()
    locked.save(update_fields=["allowed_emails", "updated_at", *settle_declines(locked)])
    revoke_access(locked, [old], were_removed=True)
    changed: dict[str, Any] = {"fields": ["allowedEmails"], "old": old, "new": new}
    log_event(locked, EventType.UPDATED, by=by, email=new, before=before, **changed)
    queue_mails(locked, [new])
    log_event(locked, EventType.RESENT, by=by, emails=[new])
    return locked
