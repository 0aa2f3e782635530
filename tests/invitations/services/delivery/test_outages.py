"""A batch on a bad day: nothing is lost, and the mail server is not asked again and again."""

from datetime import timedelta

from django.utils import timezone

from invitations.models import Delivery, MailOutage
from invitations.services.delivery.send import attempt_delivery
from tests.invitations.conftest import use_mail_server
from tests.invitations.services.delivery.mails import delivery, mailed
from tests.smtp_server import ScriptedServer

FIFTEEN = [f"person{number}@example.com" for number in range(15)]
QUOTA = "550 5.4.5 {} Daily user sending quota exceeded"


def states():
    return set(Delivery.objects.values_list("status", "fault"))


def test_batch_waits_for_the_quota(worker, settings):
    with ScriptedServer(RCPT=QUOTA.format(f"<{FIFTEEN[0]}>")) as server:
        use_mail_server(settings, server.port)
        mailed(*FIFTEEN)
        worker(concurrency=1)
        # one mail found out; the others did not try
        assert states() == {("QUEUED", "SENDER")}
        assert len([line for line in server.heard if line.startswith("rcpt")]) == 1
        # the others do not learn for whom it tried
        assert set(Delivery.objects.values_list("email", "last_error")) == {
            (email, f"Our mail server did not accept the mail: {QUOTA.format(f'<{shown}>')}")
            for email, shown in zip(FIFTEEN, [FIFTEEN[0], *["[address]"] * 14], strict=True)
        }
        outage = MailOutage.objects.get()
        assert outage.since < outage.retry_at <= timezone.now() + timedelta(minutes=1)

        server.says()
        worker.later(concurrency=1)
    assert states() == {("SENT", None)}
    assert not MailOutage.objects.exists()


def test_refused_address_is_no_outage(worker, settings):
    with ScriptedServer(RCPT="550 5.1.1 unknown") as server:
        use_mail_server(settings, server.port)
        mailed(*FIFTEEN[:2])
        worker()
    assert states() == {("FAILED", "ADDRESS")}
    assert not MailOutage.objects.exists()


def test_held_mail_ends_with_the_outage(worker, no_mail_server):
    first, second = (delivery(mailed(email), email) for email in FIFTEEN[:2])
    attempt_delivery(first.pk, round_number=1)
    MailOutage.objects.update(since=timezone.now() - timedelta(days=5), retry_at=timezone.now() + timedelta(minutes=9))
    assert timedelta(minutes=8) < attempt_delivery(second.pk, round_number=1) <= timedelta(minutes=9)
    Delivery.objects.update(failing_since=timezone.now() - timedelta(days=5))
    assert attempt_delivery(second.pk, round_number=1) is None
    second.refresh_from_db()
    assert (second.status, second.fault, second.attempts) == ("FAILED", "SENDER", 0)
    # the mail that was tried before is still a probe, and prolongs the outage by the longest pause
    Delivery.objects.update(failing_since=timezone.now())
    attempt_delivery(first.pk, round_number=1)
    assert timedelta(minutes=14) < MailOutage.objects.get().retry_at - timezone.now() <= timedelta(minutes=15)
