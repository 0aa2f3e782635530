"""Limits of mails over all invitations. A mail beyond them waits; it is not lost."""

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invitations.exceptions import RateLimitExceeded
from invitations.models import Delivery
from invitations.services.rate_limits import check_rate_limit, hash_mailbox

SHARES = 50
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class MailLimit(NamedTuple):
    """`key` is formatted with `mailbox`, `partner` and `share`."""

    key: str
    number: int
    per: timedelta
    reason: Promise


class Held(NamedTuple):
    reason: str
    delay: timedelta


# the share of one partner is smaller than the mailbox's whole, so that no partner can use up another's
LIMITS = (
    MailLimit(
        "mails:{partner}:{mailbox}:hour",
        10,
        HOUR,
        _("Not sent yet: this address got 10 invitation mails within an hour. The mail waits for its turn."),
    ),
    MailLimit(
        "mails:{partner}:{mailbox}:day",
        20,
        DAY,
        _("Not sent yet: this address got 20 invitation mails within a day. The mail waits for its turn."),
    ),
    MailLimit(
        "mails:{mailbox}:day",
        60,
        DAY,
        _("Not sent yet: this address got too many invitation mails within a day. The mail waits for its turn."),
    ),
    # about 5,000 an hour: a leaked API key must not spoil the reputation of the mail server. In shares, because a
    # window has the time of each attempt
    MailLimit(
        "mails:{partner}:share {share}",
        5000 // SHARES,
        HOUR,
        _("Not sent yet: thousands of mails were sent for this partner within an hour. The mail waits for its turn."),
    ),
)


def count_mail(delivery: Delivery) -> Held | None:
    """Count a mail against every limit. Returns the reason and the delay if it must wait; then nothing is counted."""
    partner = delivery.invitation.company.partner_id
    names = {"partner": partner, "mailbox": hash_mailbox(delivery.email), "share": delivery.pk.int % SHARES}
    try:
        with transaction.atomic():
            for limit in LIMITS:
                check_rate_limit(limit.key.format(**names), limit=limit.number, per=limit.per)
    except RateLimitExceeded as error:
        return Held(str(limit.reason), timedelta(seconds=error.retry_after))
    return None
