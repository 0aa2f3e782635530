"""Who need not be invited again: so that the same file, run twice, creates nothing twice.

A row is left alone when, for its company,

1. an open invitation to connect an account is for its address (a whole domain, `*@example.com`, is nobody's),
2. an invitation with its external id is open or used up: that request has been answered, or may still be,
3. the same line was created before, and what it made is used up: the person did what was asked for.

Revoked and expired invitations stand in nobody's way.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from companies.models import Company
from invitations.models import BatchRow, Invitation, InvitationQuerySet, InvitationType, RowStatus
from invitations.models.status import Status

ADDRESS_IS_INVITED = "An open invitation for this address exists."
EXTERNAL_ID_IS_OPEN = "An open invitation with this external id exists."
EXTERNAL_ID_IS_USED = "The invitation with this external id has been used."
LINE_IS_USED = "The same line was invited before, and the invitation has been used. Another external id makes it new."


class Double(NamedTuple):
    """What stands in a row's way, in words, and the invitation that does."""

    words: str
    invitation_id: UUID


def mark_repeated(rows: Iterable[BatchRow]) -> None:
    """Rows whose address or external id stands in an earlier row of the file become duplicates of that row."""
    addresses: dict[str, int] = {}
    external_ids: dict[str, int] = {}
    for row in rows:
        if row.status != RowStatus.READY:
            continue
        if first := addresses.get(row.email):
            _repeats(row, f"The same address as in row {first}.")
        elif row.external_id and (first := external_ids.get(row.external_id)):
            _repeats(row, f"The same external id as in row {first}.")
        else:
            addresses[row.email] = row.number
            if row.external_id:
                external_ids[row.external_id] = row.number


def _repeats(row: BatchRow, words: str) -> None:
    row.status, row.error = RowStatus.DUPLICATE, words


def mark_invited(company: Company, rows: Sequence[BatchRow]) -> None:
    """Ready rows that are left alone by the rules above, with the invitation that is why. Three queries."""
    ready = [row for row in rows if row.status == RowStatus.READY]
    if not ready:
        return
    doubles = _Doubles(company, ready)
    for row in ready:
        if double := doubles.of(row):
            row.status, row.error, row.invitation_id = RowStatus.INVITED, *double


class _Doubles:
    def __init__(self, company: Company, rows: Sequence[BatchRow]) -> None:
        self.company = company
        self.by_address = self._open_by_address({row.email for row in rows})
        self.by_external_id = self._by_external_id({row.external_id for row in rows if row.external_id})
        self.by_digest = self._used_by_digest({row.digest for row in rows})

    def of(self, row: BatchRow) -> Double | None:
        """What stands in this row's way, by the first of the rules that applies; None when nothing does."""
        return (
            self.by_address.get(row.email)
            or self.by_external_id.get(row.external_id or "")
            or self.by_digest.get(row.digest)
        )

    def _invitations(self, *statuses: str) -> InvitationQuerySet:
        to_connect = Invitation.objects.filter(company=self.company, invitation_type=InvitationType.CREATE_CONNECTION)
        return to_connect.in_status(*statuses).order_by("pk")

    def _open_by_address(self, addresses: set[str]) -> dict[str, Double]:
        found = self._invitations(Status.ACTIVE).filter(allowed_emails__overlap=list(addresses))
        return {
            address: Double(ADDRESS_IS_INVITED, pk)
            for pk, allowed in found.values_list("pk", "allowed_emails")
            for address in addresses.intersection(allowed)
        }

    def _by_external_id(self, external_ids: set[str]) -> dict[str, Double]:
        doubles: dict[str, Double] = {}
        if external_ids:
            found = self._invitations(Status.ACTIVE, Status.FULFILLED).filter(external_id__in=external_ids)
            for invitation in found.only("external_id", "revoked_at", "max_uses", "use_count", "expires_at"):
                is_used = invitation.status == Status.FULFILLED
                words = EXTERNAL_ID_IS_USED if is_used else EXTERNAL_ID_IS_OPEN
                doubles[str(invitation.external_id)] = Double(words, invitation.pk)
        return doubles

    def _used_by_digest(self, digests: set[str]) -> dict[str, Double]:
        created = BatchRow.objects.filter(status=RowStatus.CREATED, digest__in=digests, batch__company=self.company)
        pairs = dict(created.values_list("invitation_id", "digest"))
        used = (
            Invitation.objects.filter(pk__in=pairs).in_status(Status.FULFILLED) if pairs else Invitation.objects.none()
        )
        return {pairs[pk]: Double(LINE_IS_USED, pk) for pk in used.values_list("pk", flat=True)}
