from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import Delivery, Fault
from invitations.services.delivery.retries import LONGEST, RETRY_FOR, retry_delay
from tests.invitations.services.delivery.mails import ANNA, delivery, logged, mailed, told


def schedule(fault):
    """Return the delays until the mail is given up."""
    age, delays = timedelta(), []
    while delay := retry_delay(fault, failing_for=age):
        delays.append(delay)
        age += delay
    return delays


def test_delays_grow_until_the_end():
    for fault in (Fault.SENDER, Fault.RECEIVER, Fault.LIMIT):
        delays = schedule(fault)
        assert delays[:5] == [timedelta(minutes=minutes) for minutes in (1, 1, 2, 4, 8)]
        assert delays == sorted(delays)
        assert delays[-1] == LONGEST[fault]
        assert sum(delays, timedelta()) >= RETRY_FOR[fault]
    assert RETRY_FOR[Fault.SENDER] >= timedelta(days=4)


@pytest.mark.parametrize(
    ("reply", "fault", "age"),
    [
        ("554 5.2.0 SubmissionQuotaExceeded", "SENDER", timedelta(days=5)),
        ("452 4.2.2 mailbox full", "RECEIVER", timedelta(hours=25)),
    ],
)
def test_long_failure_ends_the_mail(worker, mail_server, jobs, reply, fault, age):
    mail_server.answers[ANNA] = [reply] * 3
    invitation = mailed()
    worker()
    assert delivery(invitation).fault == fault
    Delivery.objects.update(failing_since=timezone.now() - age + timedelta(minutes=1))
    worker.later()
    assert told(invitation)[:2] == ("QUEUED", 2)
    Delivery.objects.update(failing_since=timezone.now() - age)
    worker.later()
    assert told(invitation)[:2] == ("FAILED", 3)
    assert delivery(invitation).fault == fault
    assert logged(invitation) == [("DELIVERY_FAILED", ANNA)]
    assert jobs.statuses == ["succeeded"]


def test_other_fault_begins_anew(worker, mail_server):
    mail_server.answers[ANNA] = ["550 5.4.5 Daily user sending quota exceeded", "451 4.2.0 greylisted"]
    invitation = mailed()
    worker()
    Delivery.objects.update(failing_since=timezone.now() - timedelta(days=4))
    worker.later()
    assert told(invitation)[:2] == ("QUEUED", 2)
    assert delivery(invitation).fault == "RECEIVER"
    worker.later()
    assert told(invitation) == ("SENT", 3, None)
    assert delivery(invitation).fault is None
