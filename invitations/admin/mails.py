"""State of the mail to an address. Every page takes its words from it, so that they agree."""

from enum import StrEnum, auto

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from config.admin.changelist import status_word
from invitations.models import Delivery, DeliveryStatus, Fault


class MailState(StrEnum):
    """`DELAYED`: failed, and tried again by itself. `UNSENT`: failed for good, but the address may be right."""

    NOT_MAILED = auto()
    WAITING = auto()
    DELAYED = auto()
    SENT = auto()
    DELIVERED = auto()
    UNSENT = auto()
    REFUSED = auto()


TONES = {
    MailState.WAITING: "waiting",
    MailState.DELAYED: "waiting",
    MailState.SENT: "done",
    MailState.DELIVERED: "good",
}


def mail_state(delivery: Delivery | None) -> MailState:
    if delivery is None:
        return MailState.NOT_MAILED
    match delivery.status:
        case DeliveryStatus.QUEUED:
            return MailState.DELAYED if delivery.last_error else MailState.WAITING
        case DeliveryStatus.SENT:
            return MailState.SENT
        case DeliveryStatus.DELIVERED:
            return MailState.DELIVERED
    # without a fault, the mail was not wanted any more, or a report gave no reason
    is_refused = delivery.fault == Fault.ADDRESS or (
        delivery.fault is None and delivery.status != DeliveryStatus.FAILED
    )
    return MailState.REFUSED if is_refused else MailState.UNSENT


def mail_word(delivery: Delivery | None, *, is_over: bool = False) -> str | SafeString:
    """State in a word. `is_over`: its address is no longer on the invitation."""
    state = mail_state(delivery)
    if delivery is None:
        return gettext("Not mailed")
    word = str(DeliveryStatus(delivery.status).label)
    if state == MailState.DELAYED:
        word = gettext("Not sent yet, will be tried again")
    return status_word(word, "over" if is_over else TONES.get(state, "bad"))
