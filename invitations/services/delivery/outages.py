"""Notice when no mail leaves, and hold new mails back until one gets through.

A batch would otherwise meet the same refusal thousands of times, which no block list or quota forgives.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from config.operations.finding import Finding
from config.redaction import redact_line
from config.times import iso_8601
from invitations.models import MailOutage

SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)


def current_outage() -> MailOutage | None:
    return MailOutage.objects.first()


@transaction.atomic
def record_outage(reason: str) -> None:
    """Begin an outage, or prolong the one that lasts: by as long as it has lasted, for 1 to 15 minutes.

    Addresses in the reason are redacted: it is shown with the mails of other partners.
    """
    now, reason = timezone.now(), redact_line(reason)
    outage, is_new = MailOutage.objects.select_for_update().get_or_create(
        pk=1, defaults={"since": now, "retry_at": now + SHORTEST_PAUSE, "reason": reason}
    )
    if not is_new:
        outage.retry_at = now + min(max(now - outage.since, SHORTEST_PAUSE), LONGEST_PAUSE)
        outage.reason = reason
        outage.save(update_fields=["retry_at", "reason"])


def end_outage() -> None:
    MailOutage.objects.all().delete()


def check_mails() -> Iterator[Finding]:
    """Yield the outage that lasts, for operators."""
    if outage := current_outage():
        yield Finding(
            "Mail",
            f"No mail leaves since {iso_8601(outage.since)}: {outage.reason}",
            "Correct EMAIL_URL or EMAIL_FROM, or ask who runs the mail server. Mails wait, and leave by themselves.",
        )
