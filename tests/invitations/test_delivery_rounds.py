"""A mail that is sent again, by two workers at once, or reported on: each round has its own story."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from companies.actors import SYSTEM
from invitations.models import DeliveryStatus
from invitations.services.delivery.send import RETRY_DELAYS, attempt_delivery, record_delivery_report, resend_invitation
from tests.invitations.test_deliveries import ANNA, delivery, logged, mailed, told, until


def test_sending_again_begins_a_round_of_its_own(worker, mail_server):
    invitation = mailed()
    worker()
    resend_invitation(invitation, by=SYSTEM)
    assert told(invitation) == ("QUEUED", 0, None)
    worker()
    assert told(invitation) == ("SENT", 1, None)
    first, second = (mail.message["Message-ID"] for mail in mail_server.mails)
    assert first != second
    assert logged(invitation) == [("SENT", ANNA), ("SENT", ANNA)]


def test_a_round_that_was_overtaken_sends_nothing(worker, mail_server):
    mail_server.answers[ANNA] = ["451 later"]
    invitation = mailed()
    worker()
    resend_invitation(invitation, by=SYSTEM)
    worker.later(concurrency=1)  # side by side, one of the two would have to wait a minute for the other
    assert told(invitation) == ("SENT", 1, None)
    assert len(mail_server.mails) == 1


def test_a_round_that_is_overtaken_while_it_is_being_sent_leaves_the_later_one_alone(worker, mail_server):
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


def test_two_workers_with_the_same_mail_send_it_once(worker, mail_server):
    known = delivery(mailed())

    def attempt():
        try:
            return attempt_delivery(known.pk, round_number=1)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads, mail_server.holding():
        attempts = [threads.submit(attempt) for _ in range(4)]
        until(lambda: [each.done() for each in attempts].count(True) == 3)
    assert sorted((each.result() for each in attempts), key=bool) == [None, *([RETRY_DELAYS[0]] * 3)]
    assert len(mail_server.mails) == 1


@pytest.mark.django_db
def test_what_is_out_is_not_sent_again_by_a_job_that_comes_twice(mailoutbox):
    invitation = mailed()
    for _ in range(2):
        assert attempt_delivery(delivery(invitation).pk, round_number=1) is None
    assert len(mailoutbox) == 1
    assert told(invitation) == ("SENT", 1, None)


# --- what the provider reports ----------------------------------------------------------------------------


def test_a_report_that_is_faster_than_our_own_note_is_kept(worker, mail_server):
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
def test_a_late_delivered_never_covers_a_bounce_or_a_complaint(reports, status):
    invitation = mailed()
    for report in reports:
        record_delivery_report(delivery(invitation).reference, DeliveryStatus(report), reason="mailbox full")
    assert delivery(invitation).status == status
    assert delivery(invitation).last_error == (None if status == "DELIVERED" else "mailbox full")


@pytest.mark.django_db
def test_a_bounce_that_is_reported_twice_is_logged_once():
    invitation = mailed()
    for _ in range(2):
        record_delivery_report(delivery(invitation).reference, DeliveryStatus.BOUNCED)
    assert logged(invitation) == [("DELIVERY_FAILED", ANNA)]
    assert delivery(invitation).last_error == "Came back"


@pytest.mark.django_db
def test_a_report_of_an_earlier_round_or_of_another_mail_changes_nothing():
    invitation = mailed()
    early = delivery(invitation).reference
    resend_invitation(invitation, by=SYSTEM)
    for reference in (early, "", ".", "x.1", early.partition(".")[0], f"{invitation.pk}.1", early + "x", early + "٣"):
        assert record_delivery_report(reference, DeliveryStatus.BOUNCED) is None
    assert delivery(invitation).status == "QUEUED"
