from invitations.models import Delivery
from invitations.models.delivery import DeliveryStatus, Fault
from invitations.services.delivery import undelivered
from tests.factories import make_invitation

BOUNCED = ("Came back: The address", {"status": DeliveryStatus.BOUNCED, "fault": Fault.ADDRESS})
FAILED = ("Could not be sent: Our mail server", {"status": DeliveryStatus.FAILED, "fault": Fault.SENDER})
COMPLAINED = ("Reported as spam", {"status": DeliveryStatus.COMPLAINED})


def test_undelivered_mails_are_counted_by_fault(db, monkeypatch):
    for _, fields in (BOUNCED, BOUNCED, BOUNCED, FAILED, FAILED, COMPLAINED):
        Delivery.objects.create(invitation=make_invitation(), email="anna@example.com", **fields)
    Delivery.objects.create(invitation=make_invitation(), email="ben@example.com", status=DeliveryStatus.SENT)

    assert undelivered.undelivered_mails().facts == [(BOUNCED[0], 3), (FAILED[0], 2), (COMPLAINED[0], 1)]

    monkeypatch.setattr(undelivered, "MOST_COUNTED", 3)
    assert undelivered.undelivered_mails().facts == [(FAILED[0], 2), (COMPLAINED[0], 1)]
