"""Publish that invitations have expired."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from companies.models import PartnerEventType
from companies.services.webhooks.publish import new_partner_event, publish, snapshots
from invitations.models import Invitation, InvitationQuerySet
from invitations.models.status import UNANNOUNCED
from invitations.services.events import KIND

BATCH = 500


@transaction.atomic
def announce_expired(among: InvitationQuerySet | None = None) -> int:
    """Publish `invitation.expired` for up to 500 invitations that have expired. Returns how many. `among` None: all.

    Once for each invitation and expiry: the row remembers it, in the transaction of the event. An invitation that is
    extended and expires again has another event. Revoked and used up ones do not expire. A row that is locked, as by
    an extension, is left to the next call.
    """
    rows = Invitation.objects.all() if among is None else among
    due = rows.filter(UNANNOUNCED, expires_at__lte=timezone.now()).order_by("expires_at")
    locked = due.select_related("company").select_for_update(of=("self",), no_key=True, skip_locked=True)
    expired = list(locked[:BATCH])
    Invitation.objects.filter(pk__in=[each.pk for each in expired]).update(announced_until=F("expires_at"))
    shown = zip(expired, snapshots(KIND, expired), strict=True)
    publish(
        [
            new_partner_event(PartnerEventType.INVITATION_EXPIRED, each, data, happened_at=each.expires_at)
            for each, data in shown
        ]
    )
    return len(expired)
