"""Reminders by the worker, to a real SMTP server."""

from datetime import timedelta
from uuid import uuid4

from companies.actors import SYSTEM
from companies.models import PartnerEvent, StoredMail
from companies.services.mailbox import read_mail
from invitations.models import Delivery, DeliveryStatus, MailOutage, PersonalLink, Use
from invitations.services.delivery.reports import record_delivery_report
from invitations.services.delivery.send import attempt_delivery
from invitations.services.invitations import update_invitation
from invitations.services.reminders.remind import remind_due
from invitations.services.reminders.subscriptions import ensure_subscriptions, unsubscribe
from invitations.services.simulation import advance
from tests.clock import stopped_at
from tests.factories import CompanyFactory
from tests.invitations.mail_server import MailServer
from tests.invitations.services.delivery.mails import ANNA, mailed, told
from tests.invitations.services.reminders.mails import DAY, logged, remindable_invitation


def test_reminder_leaves_once_with_its_headers(worker, mail_server, settings):
    settings.PUBLIC_URL = "https://connect.example.org"
    invitation = remindable_invitation(CompanyFactory(), ANNA, expires_in=7 * DAY)
    remind_due()
    worker(concurrency=1)  # the job of the first mail is still there, and two at once would wait for each other
    remind_due()
    worker(concurrency=1)

    (mail,) = mail_server.mails
    message, sent = mail.message, invitation.deliveries.get()
    assert message["Subject"].startswith("Reminder: ")
    assert message["Message-ID"] == sent.message_id
    stop = message["List-Unsubscribe"].strip(" <>")
    assert stop.startswith("https://connect.example.org/p/unsubscribe/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = sent.links.latest("pk")
    for part in (mail.text, mail.html):
        assert f"https://connect.example.org/p/i/{link.token}" in part
        assert stop in part
        assert "has not been answered yet" in part
        assert "The link works until" in part
    assert told(invitation) == ("SENT", 1, None)
    assert logged(invitation) == [(ANNA, {"reminder": "FIRST"})]
    event = PartnerEvent.objects.get(type="invitation.reminded")
    assert event.data["reminders"] is True


def test_invitation_mail_has_no_unsubscribe_link(worker, mail_server):
    mailed()
    worker()
    (mail,) = mail_server.mails
    assert mail.message["List-Unsubscribe"] is None
    assert "unsubscribe" not in mail.text


def queued(invitation):
    """Queue its reminder. Returns the mail."""
    remind_due()
    return invitation.deliveries.get()


def test_superfluous_reminder_is_dropped(company, mailoutbox):
    def use(mail):
        Use.objects.create(invitation=mail.invitation, form_id=uuid4(), email=ANNA)

    def stop(mail):
        unsubscribe(ensure_subscriptions([mail])[mail.pk])

    def switch_off(mail):
        update_invitation(mail.invitation, by=SYSTEM, sends_reminders=False)

    for end in (use, switch_off, stop):
        invitation = remindable_invitation(company, ANNA)
        mail = queued(invitation)
        end(mail)

        assert attempt_delivery(mail.pk, round_number=mail.round) is None

        assert (mailoutbox, told(invitation), logged(invitation)) == ([], ("SENT", 1, None), [])
        assert not invitation.events.filter(type="DELIVERY_FAILED").exists()


def test_reminder_held_back_waits_for_the_morning(company, morning, mailoutbox):
    mail = queued(remindable_invitation(company, ANNA))
    with stopped_at(morning + timedelta(hours=8)):
        delay = attempt_delivery(mail.pk, round_number=mail.round)
    assert timedelta(hours=14) < delay < timedelta(hours=18)
    assert mailoutbox == []


def test_reminders_leave_room_for_invitations(company, mailoutbox):
    type(company.partner).objects.update(mails_per_hour=2)
    mails = [queued(remindable_invitation(company, ANNA)) for _ in range(2)]
    delays = [attempt_delivery(mail.pk, round_number=mail.round) for mail in mails]
    assert [bool(delay) for delay in delays] == [False, True]
    other = mailed(company=company).deliveries.get()
    assert attempt_delivery(other.pk, round_number=1) is None


def test_outage_delays_a_reminder(company, morning, mailoutbox):
    mail = queued(remindable_invitation(company, ANNA))
    MailOutage.objects.create(retry_at=morning + timedelta(minutes=10), reason="away")
    assert attempt_delivery(mail.pk, round_number=mail.round) == timedelta(minutes=10)
    MailOutage.objects.all().delete()
    assert attempt_delivery(mail.pk, round_number=mail.round) is None
    assert [each.to for each in mailoutbox] == [[ANNA]]


def test_bounce_of_a_reminder_ends_reminders(company, mailoutbox):
    invitation = remindable_invitation(company, ANNA)
    mail = queued(invitation)
    attempt_delivery(mail.pk, round_number=mail.round)
    record_delivery_report(mail.reference, DeliveryStatus.BOUNCED, reason="550 no such user")
    assert told(invitation)[0] == "BOUNCED"
    assert [kind for kind, _email in invitation.events.values_list("type", "email")].count("DELIVERY_FAILED") == 1


def test_refused_reminder_fails_its_address(company, settings):
    invitation = remindable_invitation(company, ANNA)
    mail = queued(invitation)
    with MailServer() as server:
        server.answers[ANNA] = ["550 5.1.1 no such user"]
        settings.EMAIL_BACKEND = "config.mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 30
        attempt_delivery(mail.pk, round_number=mail.round)
    assert told(invitation)[0] == "FAILED"


def test_advanced_clock_reminds_at_once(db):
    company = CompanyFactory(is_live=False)
    invitation = mailed(company=company, expires_in=14 * DAY)
    assert Delivery.objects.get().status == "SENT"
    links = PersonalLink.objects.count()

    advance(invitation, by=6 * DAY)
    assert logged(invitation) == []
    advance(invitation, by=3 * DAY)
    assert logged(invitation) == [(ANNA, {"reminder": "FIRST"})]
    advance(invitation, by=4 * DAY + timedelta(hours=12))

    assert [detail["reminder"] for _email, detail in logged(invitation)] == ["FIRST", "LAST"]
    assert PersonalLink.objects.count() == links + 2
    mails = [read_mail(each).subject for each in StoredMail.objects.order_by("pk")]
    assert [subject.startswith("Reminder: ") for subject in mails] == [False, True, True]
