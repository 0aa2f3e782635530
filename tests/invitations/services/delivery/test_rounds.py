import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from companies.actors import SYSTEM
from invitations.models import DeliveryStatus
from invitations.services.delivery.reports import record_delivery_report
from invitations.services.delivery.retries import SHORTEST
from invitations.services.delivery.send import attempt_delivery, resend_invitation
from invitations.services.invitations import revoke_invitation, rotate_invitation, update_invitation
from tests.clock import stopped_at
from tests.invitations.services.delivery.mails import ANNA, BEN, delivery, logged, mailed, told, until


def test_resend_begins_a_new_round(worker, mail_server):
    invitation = mailed()
    worker()
    resend_invitation(invitation, by=SYSTEM)
    assert told(invitation) == ("QUEUED", 0, None)
    worker()
    assert told(invitation) == ("SENT", 1, None)
    first, second = (mail.message["Message-ID"] for mail in mail_server.mails)
    assert first != second
    assert logged(invitation) == [("SENT", ANNA), ("SENT", ANNA)]


def test_overtaken_round_sends_nothing(worker, mail_server):
    mail_server.answers[ANNA] = ["451 later"]
    invitation = mailed()
    worker()
    resend_invitation(invitation, by=SYSTEM)
    worker.later(concurrency=1)  # concurrent jobs would wait a minute for each other
    assert told(invitation) == ("SENT", 1, None)
    assert len(mail_server.mails) == 1


def test_overtaken_sending_keeps_the_later_round(worker, mail_server):
    invitation = mailed()
    sending = threading.Thread(target=worker)
    with mail_server.holding():
        sending.start()
        until(lambda: mail_server.mails)
        resend_invitation(invitation, by=SYSTEM)
    sending.join()
    worker.later()
    assert told(invitation) == ("SENT", 1, None)
    assert len({mail.message["Message-ID"] for mail in mail_server.mails}) == 2
    assert logged(invitation) == [("SENT", ANNA), ("SENT", ANNA)]


def test_four_workers_send_one_mail(worker, mail_server):
    known = delivery(mailed())

    def attempt():
        try:
            return attempt_delivery(known.pk, round_number=1)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads, mail_server.holding():
        attempts = [threads.submit(attempt) for _ in range(4)]
        until(lambda: [each.done() for each in attempts].count(True) == 3)
    assert sorted((each.result() for each in attempts), key=bool) == [None, *([SHORTEST] * 3)]
    assert len(mail_server.mails) == 1


@pytest.mark.django_db
def test_repeated_job_sends_once(mailoutbox):
    invitation = mailed()
    for _ in range(2):
        assert attempt_delivery(delivery(invitation).pk, round_number=1) is None
    assert len(mailoutbox) == 1
    assert told(invitation) == ("SENT", 1, None)


def test_early_report_is_kept(worker, mail_server):
    invitation = mailed()
    sending = threading.Thread(target=worker)
    with mail_server.holding():
        sending.start()
        until(lambda: mail_server.mails)
        record_delivery_report(delivery(invitation).reference, DeliveryStatus.BOUNCED, reason="no such user")
    sending.join()
    assert told(invitation) == ("BOUNCED", 1, "no such user")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reports", "status"),
    [
        (["DELIVERED"], "DELIVERED"),
        (["DELIVERED", "BOUNCED"], "BOUNCED"),
        (["BOUNCED", "DELIVERED"], "BOUNCED"),
        (["COMPLAINED", "DELIVERED"], "COMPLAINED"),
        (["DELIVERED", "COMPLAINED", "DELIVERED"], "COMPLAINED"),
    ],
)
def test_bounce_survives_a_late_delivered(reports, status):
    invitation = mailed()
    for report in reports:
        record_delivery_report(delivery(invitation).reference, DeliveryStatus(report), reason="mailbox full")
    assert delivery(invitation).status == status
    assert delivery(invitation).last_error == (None if status == "DELIVERED" else "mailbox full")


@pytest.mark.django_db
def test_repeated_bounce_is_logged_once():
    invitation = mailed()
    for _ in range(2):
        record_delivery_report(delivery(invitation).reference, DeliveryStatus.BOUNCED)
    assert logged(invitation) == [("DELIVERY_FAILED", ANNA)]
    assert delivery(invitation).last_error == "Came back"


@pytest.mark.django_db
def test_report_of_other_mail_is_ignored():
    invitation = mailed()
    early = delivery(invitation).reference
    resend_invitation(invitation, by=SYSTEM)
    for reference in (early, "", ".", "x.1", early.partition(".")[0], f"{invitation.pk}.1", early + "x", early + "٣"):
        assert record_delivery_report(reference, DeliveryStatus.BOUNCED) is None
    assert delivery(invitation).status == "QUEUED"


def revoke(invitation):
    revoke_invitation(invitation, by=SYSTEM)


def remove(invitation):
    update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN])


def rotate(invitation):
    rotate_invitation(invitation, by=SYSTEM)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (revoke, "Not sent: the invitation was revoked by then."),
        (remove, "Not sent: the address was removed from the invitation."),
        (rotate, "Not sent: the link was replaced."),
    ],
)
def test_ended_mail_is_not_sent(worker, mail_server, end, words):
    invitation = mailed()
    end(invitation)
    worker()
    assert told(invitation) == ("FAILED", 1, words)
    assert mail_server.tried == []
    assert logged(invitation) == [("DELIVERY_FAILED", ANNA)]


def test_fast_clock_of_worker_fails_no_mail(worker, mail_server):
    invitation = mailed(expires_in=timedelta(hours=1))
    with stopped_at(invitation.expires_at + timedelta(minutes=1)):
        worker()
    assert told(invitation) == ("SENT", 1, None)


@pytest.mark.parametrize("end", [remove, rotate])
def test_sent_mail_names_its_ended_link(worker, mail_server, end):
    invitation = mailed()
    worker()
    end(invitation)
    assert told(invitation) == ("SENT", 1, "It was sent, but its link no longer works.")


def test_failed_mail_keeps_its_reason(worker, mail_server):
    mail_server.answers[ANNA] = ["550 5.1.1 unknown"]
    invitation = mailed()
    worker()
    rotate(invitation)
    assert told(invitation) == ("FAILED", 1, "The mail server refused the address: 550 5.1.1 unknown")
