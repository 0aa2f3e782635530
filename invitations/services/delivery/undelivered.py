"""Mails that did not arrive, for operators."""

from collections import Counter

from django.utils.translation import gettext as _

from config.operations.section import Section
from invitations.models import Delivery
from invitations.models.delivery import UNDELIVERED, DeliveryStatus, Fault

MOST_COUNTED = 10_000


def undelivered_mails() -> Section:
    """Count the newest mails that did not arrive, by outcome and by the side at fault."""
    newest = Delivery.objects.filter(status__in=UNDELIVERED).order_by("-invitation")
    counted = Counter(newest.values_list("status", "fault")[:MOST_COUNTED])
    facts = [(_outcome(status, fault), number) for (status, fault), number in counted.most_common()]
    return Section(_("Mails that did not arrive"), _("The newest 10,000 at most."), facts)


def _outcome(status: str, fault: str | None) -> str:
    outcome = DeliveryStatus(status).label
    return f"{outcome}: {Fault(fault).label}" if fault else str(outcome)
