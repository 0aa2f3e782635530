"""The reason why no mail leaves, for the overview. Its words stand in `overview/_mail_trouble.html`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now

from config.redaction import redact_line
from config.worker_health import find_stall
from invitations.models import Delivery
from invitations.models.delivery import DELAYED_BY_US
from invitations.services.delivery.outages import current_outage

PATIENCE = timedelta(hours=1)


@dataclass(frozen=True)
class MailTrouble:
    """`kind`: `no_worker`, `slow_worker`, or with their `reason` `outage` (of all mails) and `delayed` (of some)."""

    kind: str
    since: datetime | None
    reason: str = ""


def find_mail_trouble() -> MailTrouble | None:
    if stall := find_stall():
        return MailTrouble("slow_worker" if stall.is_running else "no_worker", stall.since)
    if outage := current_outage():
        return MailTrouble("outage", outage.since, outage.reason)
    delayed = Delivery.objects.filter(DELAYED_BY_US, failing_since__lt=Now() - PATIENCE).order_by("failing_since")
    if first := delayed.first():
        return MailTrouble("delayed", first.failing_since, redact_line(first.last_error or ""))
    return None
