import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.jobs import MAX_ATTEMPTS
from invitations.models import Delivery, EventType
from tests.database import execute
from tests.factories import make_invitation
from tests.invitations.mail_server import MailServer
from tests.invitations.services.delivery.mails import ANNA, BEN, CLEO, delivery, logged, mailed, told, until


@pytest.mark.django_db
def test_create_queues_a_mail_per_address(jobs, mailoutbox):
    invitation = mailed(ANNA, BEN, "*@example.org")
    assert jobs.names == ["send_invitation", "send_invitation"]
    assert {each.email: each.status for each in invitation.deliveries.all()} == {ANNA: "QUEUED", BEN: "QUEUED"}
    assert mailoutbox == []


@pytest.mark.django_db
def test_no_mail_without_send_email(jobs):
    make_invitation(allowed_emails=[ANNA])
    make_invitation(send_email=True)
    assert jobs.names == []
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_rollback_queues_no_mail(jobs):
    with transaction.atomic():
        mailed(ANNA, BEN)
        assert jobs.names == ["send_invitation", "send_invitation"]
        transaction.set_rollback(True)
    assert jobs.names == []
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_query_count_is_constant(company, jobs):
    counts = []
    for number in (1, 100):
        with CaptureQueriesContext(connection) as queries:
            mailed(*(f"person{index}@example.com" for index in range(number)), company=company)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 20
    assert len(jobs.names) == 101


def test_no_request_waits_for_the_server(worker, mail_server, api, company):
    path, body = f"invitation/company/{company.pk}", {"allowedEmails": [ANNA], "sendEmail": True}
    made = api.post(path, body).json()
    hanging = threading.Thread(target=worker, kwargs={"concurrency": 1})
    with mail_server.holding():
        hanging.start()
        until(lambda: mail_server.mails)

        assert api.post(path, body).status_code == 201
        assert api.post(f"invitation/{made['id']}/resend").status_code == 202
        assert api.post(f"invitation/{made['id']}/revoke").status_code == 200

        # the worker still waits for the first mail: no request waited for it or sent a mail itself
        assert len(mail_server.mails) == mail_server.unanswered == 1
    hanging.join()


def test_accepted_mail_is_sent(worker, mail_server):
    invitation = mailed()
    worker()
    sent = delivery(invitation)
    assert (sent.status, sent.attempts, sent.last_error) == ("SENT", 1, None)
    assert sent.last_attempt_at
    assert mail_server.recipients == [ANNA]
    (event,) = invitation.events.filter(type=EventType.SENT)
    assert (event.email, event.actor) == (ANNA, "SYSTEM")


def test_deferred_mail_is_retried(worker, mail_server, jobs):
    mail_server.answers[ANNA] = ["451 4.7.1 greylisted, come back"]
    invitation = mailed()

    worker()
    words = "The recipient’s mail server cannot take the mail now: 451 4.7.1 greylisted, come back"
    assert told(invitation) == ("QUEUED", 1, words)
    worker()
    assert mail_server.tried == [ANNA], "not before the pause is over"

    worker.later()
    assert told(invitation) == ("SENT", 2, None)
    assert logged(invitation) == [("SENT", ANNA)]
    assert jobs.statuses == ["succeeded"]


def test_refused_address_does_not_stop_others(worker, mail_server, jobs):
    mail_server.answers[BEN] = ["550 5.1.1 no such user here"]
    invitation = mailed(ANNA, BEN, CLEO)

    worker()

    assert told(invitation, ANNA) == told(invitation, CLEO) == ("SENT", 1, None)
    refused = "The mail server refused the address: 550 5.1.1 no such user here"
    assert told(invitation, BEN) == ("FAILED", 1, refused)
    assert sorted(mail_server.recipients) == [ANNA, CLEO]
    (event,) = invitation.events.filter(type=EventType.DELIVERY_FAILED)
    assert (event.email, event.actor, event.detail) == (BEN, "SYSTEM", {"reason": refused, "fault": "ADDRESS"})
    assert set(jobs.statuses) == {"succeeded"}


def test_returning_server_gets_the_mail(worker, settings, no_mail_server):
    invitation = mailed()
    worker()
    worker.later()
    with MailServer() as server:
        settings.EMAIL_PORT = server.port
        worker.later()
    assert told(invitation) == ("SENT", 3, None)
    assert server.recipients == [ANNA]


def test_slow_server_is_retried(worker, mail_server, settings):
    settings.EMAIL_TIMEOUT = 0.3
    invitation = mailed()
    with mail_server.holding():
        worker()
    assert told(invitation) == ("QUEUED", 1, "The mail server did not respond in time.")
    settings.EMAIL_TIMEOUT = 30
    worker.later()
    assert told(invitation) == ("SENT", 2, None)


def test_dropped_connection_repeats_the_message_id(worker, mail_server):
    mail_server.drops = 1
    invitation = mailed()
    worker()
    words = "The mail server closed the connection before it accepted the mail."
    assert told(invitation) == ("QUEUED", 1, words)
    worker.later()
    assert told(invitation) == ("SENT", 2, None)
    first, second = (mail.message["Message-ID"] for mail in mail_server.mails)
    assert first == second == delivery(invitation).message_id


def test_internal_error_is_retried(worker, settings, mail_server):
    settings.EMAIL_BACKEND = "no.such.Backend"
    invitation = mailed()
    worker()
    assert told(invitation) == ("QUEUED", 1, "The mail could not be sent; the fault is on our side.")
    settings.EMAIL_BACKEND = "config.mail.smtp.EmailBackend"
    worker.later()
    assert told(invitation) == ("SENT", 2, None)


def test_failed_job_fails_the_delivery(worker, mail_server, jobs, caplog):
    execute("""
        CREATE FUNCTION no_room() RETURNS trigger AS $$ BEGIN RAISE 'no room'; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER no_room BEFORE UPDATE ON invitations_delivery
            FOR EACH ROW WHEN (NEW.status = 'SENT') EXECUTE FUNCTION no_room()
    """)
    try:
        invitation = mailed()
        worker()
        assert told(invitation) == ("QUEUED", 0, "The mail could not be sent; the fault is on our side.")
        assert "invitations.tasks.send_invitation failed and will be tried again" in caplog.messages
        execute(f"UPDATE procrastinate_jobs SET attempts = {MAX_ATTEMPTS} WHERE status = 'todo'")
        worker.later()
    finally:
        execute("DROP FUNCTION no_room CASCADE")
    assert jobs.statuses == ["failed"]
    assert told(invitation) == ("FAILED", 0, "The mail could not be sent for a day; the fault is on our side.")
    assert logged(invitation) == [(EventType.DELIVERY_FAILED, ANNA)]
