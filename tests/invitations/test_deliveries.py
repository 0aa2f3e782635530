"""Mails to contributors: what becomes of each, told by a real worker and a real mail server."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.jobs import MAX_ATTEMPTS
from config.redaction import JSONFormatter
from invitations.models import Delivery, EventType, PersonalLink
from invitations.services.delivery.send import RETRY_DELAYS
from tests.database import execute
from tests.factories import make_invitation
from tests.invitations.mail_server import MailServer

ANNA, BEN, CLEO = "anna@example.com", "ben@example.com", "cleo@example.com"


def mailed(*emails, **fields):
    return make_invitation(allowed_emails=emails or [ANNA], send_email=True, **fields)


def delivery(invitation, email=ANNA):
    return invitation.deliveries.get(email=email)


def told(invitation, email=ANNA):
    """Status, attempts and words."""
    known = delivery(invitation, email)
    return known.status, known.attempts, known.last_error


def logged(invitation, *types):
    wanted = types or [EventType.SENT, EventType.DELIVERY_FAILED]
    return list(invitation.events.filter(type__in=wanted).order_by("pk").values_list("type", "email"))


# --- queued with what causes it ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_creating_queues_a_mail_for_each_address_and_sends_none(jobs, mailoutbox):
    invitation = mailed(ANNA, BEN, "*@example.org")
    assert jobs.names == ["send_invitation", "send_invitation"]
    assert {each.email: each.status for each in invitation.deliveries.all()} == {ANNA: "QUEUED", BEN: "QUEUED"}
    assert mailoutbox == []


@pytest.mark.django_db
def test_without_send_email_nothing_is_queued(jobs):
    make_invitation(allowed_emails=[ANNA])
    make_invitation(send_email=True)
    assert jobs.names == []
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_mail_behind(jobs):
    with transaction.atomic():
        mailed(ANNA, BEN)
        assert jobs.names == ["send_invitation", "send_invitation"]
        transaction.set_rollback(True)
    assert jobs.names == []
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_a_hundred_addresses_take_no_more_queries_than_one(company, jobs):
    counts = []
    for number in (1, 100):
        with CaptureQueriesContext(connection) as queries:
            mailed(*(f"person{index}@example.com" for index in range(number)), company=company)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 20
    assert len(jobs.names) == 101


def test_no_request_waits_for_a_mail_server_that_hangs(worker, mail_server, api, company):
    path, body = f"invitation/company/{company.pk}", {"allowedEmails": [ANNA], "sendEmail": True}
    made = api.post(path, body).json()
    hanging = threading.Thread(target=worker, kwargs={"concurrency": 1})
    with mail_server.holding():
        hanging.start()
        until(lambda: mail_server.mails)

        assert api.post(path, body).status_code == 201
        assert api.post(f"invitation/{made['id']}/resend").status_code == 202
        assert api.post(f"invitation/{made['id']}/revoke").status_code == 200

        # it still hangs at the first: nobody waited until the worker gave up, and nobody mailed on their own
        assert len(mail_server.mails) == mail_server.unanswered == 1
    hanging.join()


# --- accepted, refused, away ------------------------------------------------------------------------------


def test_a_mail_that_is_accepted_is_sent(worker, mail_server):
    invitation = mailed()
    worker()
    sent = delivery(invitation)
    assert (sent.status, sent.attempts, sent.last_error) == ("SENT", 1, None)
    assert sent.last_attempt_at
    assert mail_server.recipients == [ANNA]
    (event,) = invitation.events.filter(type=EventType.SENT)
    assert (event.email, event.actor) == (ANNA, "SYSTEM")


def test_a_mail_that_is_put_off_is_sent_at_the_second_attempt(worker, mail_server, jobs):
    mail_server.answers[ANNA] = ["451 4.7.1 greylisted, come back"]
    invitation = mailed()

    worker()
    words = "The mail server refused the address: 451 4.7.1 greylisted, come back"
    assert told(invitation) == ("QUEUED", 1, words)
    worker()
    assert mail_server.tried == [ANNA], "not before the pause is over"

    worker.later()
    assert told(invitation) == ("SENT", 2, None)
    assert logged(invitation) == [("SENT", ANNA)]
    assert jobs.statuses == ["succeeded"]


def test_one_refused_of_three_is_final_at_once_and_the_others_get_theirs(worker, mail_server, jobs):
    mail_server.answers[BEN] = ["550 5.1.1 no such user here"]
    invitation = mailed(ANNA, BEN, CLEO)

    worker()

    assert told(invitation, ANNA) == told(invitation, CLEO) == ("SENT", 1, None)
    refused = "The mail server refused the address: 550 5.1.1 no such user here"
    assert told(invitation, BEN) == ("FAILED", 1, refused)
    assert sorted(mail_server.recipients) == [ANNA, CLEO]
    (event,) = invitation.events.filter(type=EventType.DELIVERY_FAILED)
    assert (event.email, event.actor, event.detail) == (BEN, "SYSTEM", {"reason": refused})
    assert set(jobs.statuses) == {"succeeded"}


def test_without_a_mail_server_it_is_tried_for_a_day_and_more_then_given_up(worker, no_mail_server, jobs):
    invitation, words = mailed(), "The mail server could not be reached."
    worker()
    for attempts, pause in enumerate(RETRY_DELAYS, start=1):
        assert told(invitation) == ("QUEUED", attempts, words)
        assert delivery(invitation).last_attempt_at + pause <= jobs.due <= timezone.now() + pause
        worker.later()

    assert told(invitation) == ("FAILED", len(RETRY_DELAYS) + 1, words)
    assert logged(invitation) == [("DELIVERY_FAILED", ANNA)]
    assert sum(RETRY_DELAYS, timedelta()) >= timedelta(hours=24)
    assert list(RETRY_DELAYS) == sorted(RETRY_DELAYS)
    assert RETRY_DELAYS[0] == timedelta(minutes=1)
    assert set(jobs.statuses) == {"succeeded"}


def test_a_mail_server_that_comes_back_gets_the_mail(worker, settings, no_mail_server):
    invitation = mailed()
    worker()
    worker.later()
    with MailServer() as server:
        settings.EMAIL_PORT = server.port
        worker.later()
    assert told(invitation) == ("SENT", 3, None)
    assert server.recipients == [ANNA]


def test_a_mail_server_that_is_too_slow_is_tried_again(worker, mail_server, settings):
    settings.EMAIL_TIMEOUT = 0.3
    invitation = mailed()
    with mail_server.holding():
        worker()
    assert told(invitation) == ("QUEUED", 1, "The mail server did not answer in time.")
    settings.EMAIL_TIMEOUT = 30
    worker.later()
    assert told(invitation) == ("SENT", 2, None)


def test_a_connection_that_ends_after_the_mail_leads_to_a_second_copy_with_the_same_name(worker, mail_server):
    mail_server.drops = 1
    invitation = mailed()
    worker()
    words = "The mail server closed the connection before it had taken the mail."
    assert told(invitation) == ("QUEUED", 1, words)
    worker.later()
    assert told(invitation) == ("SENT", 2, None)
    first, second = (mail.message["Message-ID"] for mail in mail_server.mails)
    assert first == second == delivery(invitation).message_id


def test_a_login_that_is_refused_is_the_operators_to_mend_and_the_mail_waits(worker, settings, no_mail_server):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "latchkey", "wrong"
    with MailServer(refuses_logins=True) as server:
        settings.EMAIL_PORT = server.port
        invitation = mailed()
        worker()
    assert told(invitation) == ("QUEUED", 1, "The mail server did not accept our login.")


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_server_that_wants_a_login_for_the_mail_is_the_operators_to_mend_too(worker, mail_server, code):
    mail_server.answers[ANNA] = [f"{code} 5.7.0 authentication required"]
    invitation = mailed()
    worker()
    assert told(invitation) == ("QUEUED", 1, "The mail server did not accept our login.")
    worker.later()
    assert told(invitation) == ("SENT", 2, None)


def test_an_address_that_the_server_repeats_is_told_and_not_logged(worker, mail_server, caplog):
    mail_server.answers[ANNA] = [f"451 4.2.2 <{ANNA}> over quota"]
    invitation = mailed()
    worker()
    assert told(invitation) == ("QUEUED", 1, f"The mail server refused the address: 451 4.2.2 <{ANNA}> over quota")
    written = "\n".join(JSONFormatter().format(record) for record in caplog.records)
    assert f"mail {delivery(invitation).reference} did not get out (attempt 1)" in written
    assert "over quota" in written
    assert ANNA not in written


def test_a_fault_of_ours_is_told_and_tried_again_too(worker, settings, mail_server):
    settings.EMAIL_BACKEND = "no.such.Backend"
    invitation = mailed()
    worker()
    assert told(invitation) == ("QUEUED", 1, "The mail could not be sent; the fault is on our side.")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    worker.later()
    assert told(invitation) == ("SENT", 2, None)


def test_a_link_that_the_server_repeats_is_not_kept(worker, mail_server):
    invitation = mailed()
    link = PersonalLink.objects.get()
    mail_server.answers[ANNA] = [f"550 spam: http://localhost:8000/p/i/{link.token} " + "x" * 300]
    worker()
    status, _, words = told(invitation)
    assert status == "FAILED"
    assert "/p/i/[redacted]" in words
    assert len(words) < 400
    assert link.token not in str(list(invitation.events.values_list("detail")))


def test_control_characters_of_a_server_are_left_out_and_keep_no_mail_from_its_end(worker, mail_server):
    mail_server.answers[ANNA] = ["550 bad\x00user\x1b[31m gone"]
    invitation = mailed()
    worker()
    assert told(invitation) == ("FAILED", 1, "The mail server refused the address: 550 bad user [31m gone")
    assert logged(invitation) == [(EventType.DELIVERY_FAILED, ANNA)]


def test_a_mail_whose_job_gives_up_has_failed(worker, mail_server, jobs):
    execute("""
        CREATE FUNCTION no_room() RETURNS trigger AS $$ BEGIN RAISE 'no room'; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER no_room BEFORE UPDATE ON invitations_delivery
            FOR EACH ROW WHEN (NEW.status = 'SENT') EXECUTE FUNCTION no_room()
    """)
    try:
        invitation = mailed()
        worker()
        assert told(invitation) == ("QUEUED", 0, None)
        execute(f"UPDATE procrastinate_jobs SET attempts = {MAX_ATTEMPTS} WHERE status = 'todo'")
        worker.later()
    finally:
        execute("DROP FUNCTION no_room CASCADE")
    assert jobs.statuses == ["failed"]
    assert told(invitation) == ("FAILED", 0, "The mail could not be sent for a day; the fault is on our side.")
    assert logged(invitation) == [(EventType.DELIVERY_FAILED, ANNA)]


def until(happened, seconds=60):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
