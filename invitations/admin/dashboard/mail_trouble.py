"""The reason why no mail leaves, for the overview. Its words stand in `overview/_mail_trouble.html`."""

from dataclasses import dataclass
from datetime import datetime

from config.worker_health import find_stall
from invitations.services.delivery.outages import current_outage


@dataclass(frozen=True)
class MailTrouble:
    """`kind`: `no_worker`, `slow_worker`, or `outage` with its `reason`."""

    kind: str
    since: datetime | None
    reason: str = ""


def find_mail_trouble() -> MailTrouble | None:
    if stall := find_stall():
        return MailTrouble("slow_worker" if stall.is_running else "no_worker", stall.since)
    outage = current_outage()
    return MailTrouble("outage", outage.since, outage.reason) if outage else None
