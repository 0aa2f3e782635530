"""Reports of the mail provider, through django-anymail's webhook view, which checks its secret."""

import re
from typing import Any

from anymail.signals import tracking
from django.dispatch import receiver

from invitations.models import DeliveryStatus, Fault
from invitations.services.delivery.faults import Stage, fault_of
from invitations.services.delivery.reports import record_delivery_report
from invitations.services.verification.codes import record_code_report

STATUSES = {
    "delivered": DeliveryStatus.DELIVERED,
    "bounced": DeliveryStatus.BOUNCED,
    "rejected": DeliveryStatus.BOUNCED,
    "failed": DeliveryStatus.BOUNCED,
    "complained": DeliveryStatus.COMPLAINED,
}
# django-anymail's `reject_reason`
FAULTS = {
    "invalid": Fault.ADDRESS,
    "bounced": Fault.ADDRESS,
    "unsubscribed": Fault.ADDRESS,
    "timed_out": Fault.RECEIVER,
    "blocked": Fault.SENDER,
    "spam": Fault.SENDER,
}
REPLY = re.compile(r"(?<!\d)([45]\d\d)[ -]+(.+)", re.DOTALL)


@receiver(tracking)
def record_report(sender: Any, event: Any, **kwargs: Any) -> None:
    """Update the delivery, or log a code that bounced. Opens and clicks are neither requested nor stored."""
    status = STATUSES.get(event.event_type)
    metadata = event.metadata or {}
    reason = event.mta_response or event.description
    # other programs may use the same account at the provider, with any metadata
    if status and isinstance(reference := metadata.get("delivery"), str):
        record_delivery_report(reference, status, reason=reason, fault=_fault_of(event))
    if status and isinstance(reference := metadata.get("code"), str):
        record_code_report(reference, status, reason=reason)


def _fault_of(event: Any) -> Fault | None:
    """The fault of a bounce: by the reply of the recipient's server, else by the provider's own reason."""
    if event.event_type == "complained":
        return None
    if reply := REPLY.search(event.mta_response or ""):
        return fault_of(Stage.RCPT, int(reply.group(1)), reply.group(2))
    return FAULTS.get(event.reject_reason)
