"""What a mail provider reports of our mails, through django-anymail's webhook view (which checks who calls)."""

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
def take_report(sender: Any, event: Any, **kwargs: Any) -> None:
    """Delivered, bounced and complained update the delivery, and a code that came back is logged.

    Opens and clicks are neither asked for nor kept.
    """
    status = STATUSES.get(event.event_type)
    for name, note in (("delivery", record_delivery_report), ("code", record_code_report)):
        reference = (event.metadata or {}).get(name)
        # others may mail by the same account at the provider, with whatever they like
        if status and isinstance(reference, str):
            note(reference, status, reason=event.mta_response or event.description)
