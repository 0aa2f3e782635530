"""Keep a file that is run twice from inviting anyone twice.

A row is not created if, for its company,

1. an active invitation to connect an account is for its address (an invitation for a whole domain does not count),
2. an invitation with its external id is active or used up,
3. the same row was created before and its invitation is used up.

Revoked and expired invitations do not count.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.models import Company
from invitations.models import BatchRow, Invitation, InvitationQuerySet, InvitationType, RowStatus
from invitations.models.status import Status
from invitations.services.open_invitations import newest_open

ADDRESS_IS_INVITED = gettext_lazy("An active invitation for this address exists.")
EXTERNAL_ID_IS_ACTIVE = gettext_lazy("An active invitation with this external id exists.")
EXTERNAL_ID_IS_USED = gettext_lazy("The invitation with this external id has been used.")
ROW_IS_USED = (
    "The same row was created before, and its invitation has been used. Use another external id to invite again."
)


class Earlier(NamedTuple):
    """An invitation that makes a row superfluous, and why."""

    reason: str
    invitation_id: UUID


def mark_duplicates(rows: Iterable[BatchRow]) -> None:
    addresses: dict[str, int] = {}
    external_ids: dict[str, int] = {}
    for row in rows:
        if row.status != RowStatus.READY:
            continue
        if first := addresses.get(row.email):
            row.status, row.error = RowStatus.DUPLICATE, _("The same address as in row %(row)s.") % {"row": first}
        elif row.external_id and (first := external_ids.get(row.external_id)):
            row.status, row.error = RowStatus.DUPLICATE, _("The same external id as in row %(row)s.") % {"row": first}
        else:
            addresses[row.email] = row.number
            if row.external_id:
                external_ids[row.external_id] = row.number


def mark_invited(company: Company, rows: Sequence[BatchRow]) -> None:
    """Mark ready rows that an earlier invitation makes superfluous, with four queries at most."""
    ready = [row for row in rows if row.status == RowStatus.READY]
    if not ready:
        return
    invitations = Invitation.objects.filter(company=company, invitation_type=InvitationType.CREATE_CONNECTION)
    found = newest_open(company, {row.email for row in ready})
    by_email = {email: Earlier(str(ADDRESS_IS_INVITED), pk) for email, pk in found.items()}
    by_external_id = _by_external_id(invitations, {row.external_id for row in ready if row.external_id})
    by_digest = _used_by_digest(company, {row.digest for row in ready})
    for row in ready:
        earlier = by_email.get(row.email) or by_external_id.get(row.external_id or "") or by_digest.get(row.digest)
        if earlier:
            row.status, row.error, row.invitation_id = RowStatus.INVITED, *earlier


def _by_external_id(invitations: InvitationQuerySet, external_ids: set[str]) -> dict[str, Earlier]:
    if not external_ids:
        return {}
    found = invitations.in_status(Status.ACTIVE, Status.FULFILLED).filter(external_id__in=external_ids).order_by("pk")
    reasons = {True: EXTERNAL_ID_IS_USED, False: EXTERNAL_ID_IS_ACTIVE}
    return {
        str(each.external_id): Earlier(str(reasons[each.status == Status.FULFILLED]), each.pk)
        for each in found.only("external_id", "revoked_at", "max_uses", "use_count", "expires_at")
    }


def _used_by_digest(company: Company, digests: set[str]) -> dict[str, Earlier]:
    created = BatchRow.objects.filter(status=RowStatus.CREATED, digest__in=digests, batch__company=company)
    digest_of = dict(created.values_list("invitation_id", "digest"))
    if not digest_of:
        return {}
    used = Invitation.objects.filter(pk__in=digest_of).in_status(Status.FULFILLED)
    return {digest_of[pk]: Earlier(str(ROW_IS_USED), pk) for pk in used.values_list("pk", flat=True)}
