import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from companies.actors import SYSTEM
from companies.services.webhooks.statements import wake_lanes
from config.tasks import HOURS_KEPT
from config.worker_health import find_stall
from invitations.models import (
    Delivery,
    EmailProof,
    EventType,
    Invitation,
    InvitationEvent,
    PersonalLink,
    VerificationCode,
)
from invitations.services.address_correction import correct_address
from invitations.services.delivery.send import resend_invitation
from invitations.services.verification.codes import request_code
from invitations.services.verification.proofs import find_proof, use_personal_link
from invitations.tasks import delete_expired_data
from tests.companies.services.webhooks.deliveries import make_delivery, make_endpoint
from tests.companies.services.webhooks.receiver import Receiver
from tests.database import database_url, execute
from tests.factories import make_invitation
from tests.invitations.services.batches.drafts import run
from tests.secrecy import searched_output

HUNDRED = [f"person{number}@example.com" for number in range(100)]


def start_worker(port, *options):
    """Start `manage.py procrastinate worker` as a process."""
    command = [sys.executable, "manage.py", "procrastinate", "worker", *options]
    environment = os.environ | {"DATABASE_URL": database_url(), "EMAIL_URL": f"smtp://127.0.0.1:{port}"}
    environment |= {"WEBHOOK_ALLOW_PRIVATE": "on"}
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=searched_output(), stderr=subprocess.STDOUT
    )


# a minute passes, in which a frozen worker or one without the database cannot report
LATER = "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'"


def wait_for(happened, seconds=120):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def retry_stalled_jobs(worker):
    """Retry the jobs of a killed worker now, as the periodic job does half a minute after its last heartbeat."""
    execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'")
    with suppress(AlreadyEnqueued):  # the killed worker may have queued it at a full minute
        app.configure_task("config.tasks.retry_stalled_jobs").defer(timestamp=0)
    worker()
    worker(concurrency=4)


def test_every_mail_survives_a_killed_worker(worker, mail_server):
    mail_server.pause = 0.02
    make_invitation(allowed_emails=HUNDRED, send_email=True)
    victim = start_worker(mail_server.port)
    try:
        wait_for(lambda: len(mail_server.mails) > 30)
    finally:
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
    arrived = len(mail_server.mails)
    sendings = ProcrastinateJob.objects.filter(queue_name="mail")
    stalled = sendings.filter(status="doing").count()
    assert arrived < 100
    assert stalled

    retry_stalled_jobs(worker)

    copies = Counter(mail.message["Message-ID"] for mail in mail_server.mails)
    duplicates = copies.total() - len(copies)
    assert len(copies) == 100
    assert duplicates <= stalled
    assert set(Delivery.objects.values_list("status", "attempts")) == {("SENT", 1)}
    assert InvitationEvent.objects.filter(type=EventType.SENT).count() == 100
    assert set(sendings.values_list("status", flat=True)) == {"succeeded"}


@pytest.fixture
def hanging(tmp_path):
    """Server of a partner that takes requests and does not answer them."""
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.stop()


@pytest.mark.parametrize(
    "options",
    [[], ["--shutdown-graceful-timeout", "5"]],
    ids=["without options", "with options"],
)
def test_hanging_mails_and_webhooks_delay_no_code(worker, mail_server, hanging, options):
    endpoints = [make_endpoint(url=hanging.url("/hold")) for _ in range(6)]
    for endpoint in endpoints:
        make_delivery(endpoint)
    wake_lanes([endpoint.pk for endpoint in endpoints])
    invitation = make_invitation(allowed_emails=HUNDRED[:5], send_email=True)
    process = start_worker(mail_server.port, *options)
    try:
        with mail_server.holding():
            wait_for(lambda: (len(mail_server.mails), hanging.busy) == (4, 6))
            for email in HUNDRED[:2]:
                request_code(invitation, email, client="visitor")
            wait_for(lambda: len(mail_server.mails) == 6)
            assert {mail.message["Subject"][-12:] for mail in mail_server.mails[4:]} == {"is your code"}
        hanging.release()
        wait_for(lambda: set(Delivery.objects.values_list("status", flat=True)) == {"SENT"})
        assert find_stall() is None
        process.send_signal(signal.SIGSTOP)
        execute(LATER)
        assert not find_stall().is_running
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait()
    assert not find_stall().is_running  # a periodic job may wait since the last full minute
    # no job was given up
    assert set(Delivery.objects.values_list("status", "attempts")) == {("SENT", 1)}
    assert len(mail_server.mails) == 7


def test_blocked_job_does_not_stop_retries(worker, mail_server):
    execute("""
        INSERT INTO procrastinate_jobs (task_name, queue_name, queueing_lock, args, status, scheduled_at)
        SELECT 'invitations.tasks.delete_expired_data', 'default', 'delete_expired_data', '{"timestamp": 0}', status,
            now() + interval '1 hour'
        FROM unnest(ARRAY['doing', 'todo']::procrastinate_job_status[]) AS status
    """)
    make_invitation(allowed_emails=["anna@example.com"], send_email=True)
    execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE queue_name = 'mail'")

    retry_stalled_jobs(worker)

    assert mail_server.recipients == ["anna@example.com"]


def test_code_goes_before_invitations(worker, mail_server):
    invitation = make_invitation(allowed_emails=HUNDRED[:20], send_email=True)
    request_code(invitation, HUNDRED[7], client="visitor")
    worker(concurrency=1)  # concurrent mails may arrive in another order
    assert "is your code" in mail_server.mails[0].message["Subject"]
    assert set(Delivery.objects.values_list("status", "attempts", "last_error")) == {("SENT", 1, None)}
    assert len(mail_server.mails) == 21


def test_single_mails_go_before_a_batch(worker, mail_server, company):
    run(company, *(f"person{number}@example.com" for number in range(8)), send_email=True)
    first, second, third, *_ = Invitation.objects.order_by("pk")
    resend_invitation(first, by=SYSTEM)
    correct_address(second, by=SYSTEM, old="person1@example.com", new="right@example.com")
    request_code(third, "person2@example.com", client="visitor")
    make_invitation(company, allowed_emails=["alone@example.com"], send_email=True)

    worker(concurrency=1)  # concurrent mails may arrive in another order

    recipients = mail_server.recipients
    assert recipients[:4] == ["person2@example.com", "person0@example.com", "right@example.com", "alone@example.com"]
    assert sorted(recipients[4:]) == sorted(f"person{number}@example.com" for number in range(2, 8))


def test_retried_batch_mail_keeps_its_priority(worker, mail_server, company):
    mail_server.answers["person0@example.com"] = ["451 later"]
    run(company, "person0@example.com", send_email=True)
    worker()
    make_invitation(company, allowed_emails=["alone@example.com"], send_email=True)

    worker.later(concurrency=1)

    assert mail_server.recipients == ["alone@example.com", "person0@example.com"]


@pytest.mark.django_db
def test_old_codes_and_proofs_are_deleted(rf):
    invitation = make_invitation(allowed_emails=["anna@example.com"], send_email=True)
    request_code(invitation, "anna@example.com", client="visitor")
    EmailProof.objects.create(
        invitation=invitation, email="anna@example.com", secret_hash=b"1", expires_at=timezone.now()
    )
    delete_expired_data(timestamp=0)
    assert VerificationCode.objects.count() == EmailProof.objects.count() == 1

    for model in (VerificationCode, EmailProof):
        model.objects.update(expires_at=timezone.now() - timedelta(days=1, minutes=1))
    delete_expired_data(timestamp=0)
    assert VerificationCode.objects.count() == EmailProof.objects.count() == 0


@pytest.mark.django_db
def test_link_is_bound_for_a_month():
    invitation = make_invitation(allowed_emails=["anna@example.com"], send_email=True)
    link = PersonalLink.objects.get()
    _, secret = use_personal_link(invitation, link, secret=None)
    EmailProof.objects.update(expires_at=timezone.now() - timedelta(days=28))
    delete_expired_data(timestamp=0)
    assert find_proof(invitation, secret) is None
    assert use_personal_link(invitation, link, secret=secret)

    PersonalLink.objects.update(created_at=timezone.now() - timedelta(days=31))
    EmailProof.objects.update(expires_at=timezone.now() - timedelta(days=28))
    delete_expired_data(timestamp=0)
    assert not EmailProof.objects.exists()


def test_old_jobs_are_deleted_after_a_week(worker):
    for hours in (HOURS_KEPT - 1, HOURS_KEPT + 1):
        execute(f"""
            WITH job AS (
                INSERT INTO procrastinate_jobs (task_name, queue_name, args, status)
                VALUES ('old', 'default', '{{}}', 'failed') RETURNING id
            )
            INSERT INTO procrastinate_events (job_id, type, at)
            SELECT id, 'failed', now() - interval '{hours} hours' FROM job
        """)
        execute("DELETE FROM procrastinate_events WHERE type = 'deferred'")
    app.configure_task("config.tasks.delete_old_jobs").defer(timestamp=0)
    worker()
    assert ProcrastinateJob.objects.filter(task_name="old").count() == 1
