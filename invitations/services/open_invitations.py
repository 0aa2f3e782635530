"""Open invitations for the same recipients, which make a new one superfluous.

Recipients are the same if both lists of allowed addresses share an entry: an address, or a pattern such as
`*@example.com`. An address and a pattern that matches it are different entries.
"""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext as _

from companies.models import Company
from config.db.advisory_locks import wait_for_lock
from config.exceptions import InvalidField
from invitations.exceptions import OpenInvitationExists
from invitations.models import Invitation
from invitations.services import statements


def lock_comparisons(company: Company) -> None:
    """Let those that compare with the company's open invitations take turns, until the end of the transaction.

    Otherwise two at once would both find none, and both create one. A creation that does not compare never waits.
    """
    wait_for_lock(f"open invitations of {company.pk}")


def ensure_none_open(draft: Invitation) -> None:
    """Raise `OpenInvitationExists` if an open invitation has the recipients of `draft`. Takes the lock of comparisons.

    To connect an account, only invitations of the same company count, and the draft needs an address: raises
    `InvalidField` without one. To repair, only those for the same connection count. There, two invitations for anyone
    with the link have the same recipients.
    """
    ensure_comparable(draft)
    lock_comparisons(draft.company)
    if draft.repairs:
        found = _open_repair(draft)
    else:
        found = max(newest_open(draft.company, draft.allowed_emails).values(), default=None)
    if found:
        raise OpenInvitationExists(found)


def ensure_comparable(draft: Invitation) -> None:
    if not (draft.repairs or draft.is_restricted):
        message = _("Give at least one address: open invitations are compared by address.")
        raise InvalidField(("allowed_emails",), message, code="required")


def newest_open(company: Company, addresses: Collection[str]) -> dict[str, UUID]:
    """Return the newest active invitation to connect an account for each of the addresses that has one. One query."""
    return dict(statements.NEWEST_OPEN.rows(company=company.pk, addresses=list(addresses)))


def _open_repair(draft: Invitation) -> UUID | None:
    """Return the newest one that can be used: it may have repaired its connection just now."""
    recipients = {"allowed_emails__overlap": draft.allowed_emails} if draft.is_restricted else {"allowed_emails": []}
    repairs = Invitation.objects.active().filter(company=draft.company, connection=draft.connection, **recipients)
    for invitation in repairs.order_by("-pk"):
        invitation.connection = draft.connection
        if not (invitation.has_repaired or invitation.has_lost_its_connection):
            return invitation.pk
    return None
