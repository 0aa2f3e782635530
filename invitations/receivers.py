"""Reports of the mail provider, through django-anymail's webhook view, which checks its secret."""

from typing import Any

from anymail.signals import tracking
from django.dispatch import receiver

from invitations.models import DeliveryStatus
from invitations.services.delivery.send import record_delivery_report
from invitations.services.verification.codes import record_code_report

STATUSES = {
    "delivered": DeliveryStatus.DELIVERED,
    "bounced": DeliveryStatus.BOUNCED,
    "rejected": DeliveryStatus.BOUNCED,
    "failed": DeliveryStatus.BOUNCED,
    "complained": DeliveryStatus.COMPLAINED,
}


@receiver(tracking)
def record_report(sender: Any, event: Any, **kwargs: Any) -> None:
    """Update the delivery, or log a code that bounced. Opens and clicks are neither requested nor stored."""
    status = STATUSES.get(event.event_type)
    for name, record in (("delivery", record_delivery_report), ("code", record_code_report)):
        reference = (event.metadata or {}).get(name)
        # other programs may use the same account at the provider, with any metadata
        if status and isinstance(reference, str):
            record(reference, status, reason=event.mta_response or event.description)
