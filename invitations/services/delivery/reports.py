"""Reports of the mail provider on mails that have left."""

from uuid import UUID

from django.db import transaction

from invitations.models import BOUNCED_OR_COMPLAINED, Delivery, DeliveryStatus, Fault
from invitations.services.delivery.send import mark_failed
from invitations.services.delivery.smtp import clean_server_text


def record_delivery_report(
    reference: str, status: DeliveryStatus, *, reason: str | None = None, fault: Fault | None = None
) -> Delivery | None:
    """Record the provider's report on the mail with this `Delivery.reference`.

    Returns None for an unknown mail and for an earlier round. A late "delivered" never replaces a bounce or complaint.
    """
    delivery_id, __, round_number = reference.partition(".")
    try:
        key, number = UUID(delivery_id), int(round_number)
    except ValueError:
        return None
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().filter(pk=key, round=number).first()
        if (
            delivery is None
            or delivery.status == status
            or (delivery.status in BOUNCED_OR_COMPLAINED and status not in BOUNCED_OR_COMPLAINED)
        ):
            return delivery
        if status in BOUNCED_OR_COMPLAINED:
            mark_failed(delivery, clean_server_text(reason or str(status.label)), fault, status=status)
        else:
            delivery.status, delivery.last_error, delivery.fault = status, None, None
        delivery.save(update_fields=["status", "last_error", "fault"])
    return delivery
