"""Limits of mails over all invitations. A mail beyond them waits; it is not lost."""

from datetime import timedelta
from math import ceil
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from companies.models import Partner
from invitations.exceptions import RateLimitExceeded, TooManyMails
from invitations.models import Delivery, Use
from invitations.services.rate_limits import check_rate_limit, count_attempt, hash_mailbox

SHARE = 100  # mails in an hour
CONTACT_MAILS_A_DAY = 10
RECEIPTS_A_DAY, TYPED_RECEIPTS_A_DAY, TYPED_RECEIPTS_OF_LINK = 20, 3, 20
MOST_AT_ONCE = 5000
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class MailLimit(NamedTuple):
    """`key` is formatted with `mailbox`, `partner`, and `share`, a number below `shares`."""

    key: str
    number: int
    per: timedelta
    reason: Promise
    shares: int = 1


class Held(NamedTuple):
    reason: str
    delay: timedelta


# one partner may send less to a mailbox than all together, so that no partner can use up another's part
MAILBOX_LIMITS = (
    MailLimit(
        "mails:{partner}:{mailbox}:day",
        10,
        DAY,
        _("Not sent yet: this address got 10 invitation mails within a day. The mail waits for its turn."),
    ),
    MailLimit(
        "mails:{mailbox}:day",
        30,
        DAY,
        _("Not sent yet: this address got too many invitation mails within a day. The mail waits for its turn."),
    ),
)


def partner_limit(partner: Partner) -> MailLimit:
    """Limit of a leaked API key, which must not spoil the reputation of the mail server. For one of equal `shares`.

    A window has the time of each attempt, so that of all mails would be long.
    """
    number = partner.limit("mails_per_hour")
    shares = ceil(number / SHARE)
    return MailLimit(
        f"mails:{partner.pk}:share {{share}}",
        number // shares,
        HOUR,
        _("Not sent yet: this partner sent all mails of this hour. The mail waits for its turn."),
        shares,
    )


def reminder_limit(partner: Partner) -> MailLimit:
    """Half of the partner's limit, so that a morning's reminders leave room for invitations."""
    limit = partner_limit(partner)
    reason = _("Not sent yet: this partner sent all reminders of this hour. The mail waits for its turn.")
    return limit._replace(key=f"reminders:{partner.pk}:share {{share}}", number=limit.number // 2 or 1, reason=reason)


class RequestBudget:
    """Mails that one request about many invitations may cause, so that its time is bounded."""

    def __init__(self) -> None:
        self.left = MOST_AT_ONCE

    def take(self, mails: int) -> TooManyMails | None:
        """Take them all, or return why not."""
        if mails > self.left:
            return TooManyMails()
        self.left -= mails
        return None


def count_mail(delivery: Delivery) -> Held | None:
    """Count a mail against every limit. Returns the reason and the delay if it must wait; then nothing is counted."""
    partner, mailbox = delivery.invitation.company.partner, hash_mailbox(delivery.email)
    own = (reminder_limit(partner),) if delivery.reminder else ()
    try:
        with transaction.atomic():
            for limit in (*MAILBOX_LIMITS, *own, partner_limit(partner)):
                key = limit.key.format(partner=partner.pk, mailbox=mailbox, share=delivery.pk.int % limit.shares)
                check_rate_limit(key, limit=limit.number, per=limit.per)
    except RateLimitExceeded as error:
        return Held(str(limit.reason), timedelta(seconds=error.retry_after))
    return None


def may_send_receipt(use: Use) -> bool:
    """Count the receipt of a use. False if a limit is reached: the page after the form has the same link.

    An address that was only typed may be a stranger's, so these have lower limits, also for the invitation and the
    partner. None of them is shared with invitation mails: a visitor with a link cannot use those up.
    """
    mailbox = hash_mailbox(use.receipt_email or "")
    if use.email:
        return count_attempt(f"receipts:{mailbox}", limit=RECEIPTS_A_DAY, per=DAY)
    return (
        count_attempt(f"typed-receipts:{mailbox}", limit=TYPED_RECEIPTS_A_DAY, per=DAY)
        and count_attempt(f"typed-receipts-of:{use.invitation_id}", limit=TYPED_RECEIPTS_OF_LINK, per=HOUR)
        and count_attempt(f"typed-receipts-of:{use.invitation.company.partner_id}", limit=SHARE, per=HOUR)
    )


def count_contact_mail(partner_id: UUID, email: str, *, topic: str = "webhooks") -> bool:
    """Count a mail to a contact of the partner. False if its mailbox got 10 of the partner on this topic within a day.

    Visitors cause some of them. A flood of one topic, such as declines, must not hold back the others.
    """
    return count_attempt(f"contact:{topic}:{partner_id}:{hash_mailbox(email)}", limit=CONTACT_MAILS_A_DAY, per=DAY)
