"""Mails of test mode: stored at once, never sent."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from companies.actors import SYSTEM
from companies.models import StoredMail
from companies.services.mailbox import delete_old_mails, read_mail
from connections.models.status import Status
from connections.services.connections import report_status
from invitations.models import MailOutage, RateLimitWindow
from invitations.services.delivery.outages import record_outage
from invitations.services.delivery.send import BATCH, attempt_delivery, queue_mails, resend_invitation
from invitations.services.personal_data import erase_personal_data
from invitations.services.repairs import follow_status
from invitations.services.verification.codes import request_code
from tests.factories import CompanyFactory, make_connection
from tests.invitations.services.delivery.mails import ANNA, BEN, logged, mailed, told

BASE = Path(settings.BASE_DIR)


@pytest.fixture
def company(db):
    return CompanyFactory(is_live=False, reply_to="energy@bakery.example")


def stored():
    return [(mail.email, read_mail(mail)) for mail in StoredMail.objects.order_by("pk")]


def test_no_mail_of_test_mode_is_sent(mail_server, company, jobs):
    invitation = mailed(ANNA, BEN, company=company)
    resend_invitation(invitation, by=SYSTEM, emails=[ANNA])
    code = request_code(invitation, ANNA, client="visitor")
    connection = make_connection(company, owner_email=BEN)
    type(company).objects.update(repairs_automatically=True)
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)
    repair = follow_status(connection.pk)

    assert (jobs.names, mail_server.mails, mail_server.tried) == ([], [], [])
    assert told(invitation, ANNA) == told(invitation, BEN) == told(repair, BEN) == ("SENT", 1, None)
    assert logged(invitation, "CREATED", "SENT", "RESENT", "CODE_SENT") == [
        ("CREATED", None),
        ("SENT", ANNA),
        ("SENT", BEN),
        ("RESENT", None),
        ("SENT", ANNA),
        ("CODE_SENT", ANNA),
    ]
    mails = stored()
    assert [email for email, _ in mails] == [ANNA, BEN, ANNA, ANNA, BEN]
    assert code.digits in mails[3][1].text
    assert re.fullmatch(rf"{settings.PUBLIC_URL}/p/i/[\w-]{{43}}", mails[0][1].links[0])
    assert mails[0][1].reply_to == "energy@bakery.example"
    assert [mail.resource_id for mail in StoredMail.objects.order_by("pk")] == [invitation.pk] * 4 + [repair.pk]


def test_mails_of_batch_wait_for_worker(mail_server, company, jobs):
    invitation = mailed(company=company)
    (delivery,) = queue_mails(invitation, [ANNA], priority=BATCH)
    assert (jobs.names, len(stored())) == (["send_invitation"], 1)

    attempt_delivery(delivery.pk, round_number=delivery.round)
    assert (len(stored()), mail_server.tried) == (2, [])


def test_live_limits_and_outages_are_kept(company, jobs):
    record_outage("The mail server could not be reached.")

    invitation = mailed(company=company)
    request_code(invitation, ANNA, client="visitor")

    assert len(stored()) == 2
    assert MailOutage.objects.exists()
    used = RateLimitWindow.objects.exclude(key__contains=invitation.pk)
    assert list(used.values_list("key", flat=True)) == []


def test_stored_mails_are_unreadable_without_key(company):
    invitation = mailed(company=company)
    (mail,) = StoredMail.objects.all()
    links = read_mail(mail).links

    assert links
    assert not any(link.encode() in bytes(mail.encrypted) for link in [*links, invitation.url])
    assert str(mail) + repr(mail) == f"mail to {ANNA}<StoredMail {mail.pk}>"


def test_stored_mails_are_deleted(company):
    mailed(ANNA, BEN, company=company)  # its message may name Anna, too
    mailed(BEN, company=company)
    erase_personal_data(ANNA, by=SYSTEM)
    assert [email for email, _ in stored()] == [BEN]

    delete_old_mails()
    assert len(stored()) == 1
    StoredMail.objects.update(created_at=timezone.now() - timedelta(days=30, seconds=1))
    delete_old_mails()
    assert stored() == []


def test_mails_leave_in_one_place():
    sending = re.compile(r"\b(mail\.send|send_mail|send_mass_mail|mail_admins|mail_managers|send_messages)\(")
    files = (path for app in ("companies", "connections", "invitations") for path in (BASE / app).rglob("*.py"))
    places = [path.relative_to(BASE).as_posix() for path in files if sending.search(path.read_text(encoding="utf-8"))]

    assert places == ["companies/services/mailbox.py"]
