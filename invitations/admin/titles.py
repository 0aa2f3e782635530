"""Names that tell one invitation, or one bulk invitation, from another."""

from collections.abc import Iterator

from django.utils.text import Truncator
from django.utils.translation import gettext

from config.admin.times import format_datetime
from invitations.models import Batch, Invitation

MAX_REFERENCE = 60


def invitation_title(invitation: Invitation) -> str:
    """`anna@example.com, ORDER-4711, Riverside Bakeries`. Contains addresses, so it must not reach logs."""
    return ", ".join(_parts(invitation))


def _parts(invitation: Invitation) -> Iterator[str]:
    reference = Truncator(invitation.external_id or "").chars(MAX_REFERENCE)
    if invitation.connection:
        yield gettext("Repair of %(connection)s") % {"connection": invitation.connection}
    if invitation.allowed_emails:
        yield recipients_in_short(invitation)
    elif not reference:
        yield gettext("Anyone with the link")
    if reference:
        yield reference
    yield str(invitation.company)
    if not invitation.allowed_emails and not reference:
        yield format_datetime(invitation.created_at)


def recipients_in_short(invitation: Invitation) -> str:
    """First address, and the number of the others."""
    first, *others = invitation.allowed_emails
    return gettext("%(email)s and %(number)s more") % {"email": first, "number": len(others)} if others else first


def batch_title(batch: Batch) -> str:
    return f"{batch}, {batch.company}, {format_datetime(batch.created_at)}"
