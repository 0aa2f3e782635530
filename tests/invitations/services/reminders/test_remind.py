from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from companies.actors import CONTRIBUTOR, SYSTEM
from companies.services.companies import update_company
from connections.models.status import Status
from connections.services.connections import report_status
from invitations.models import Delivery, EventType, FormDraft, Invitation, PersonalLink, ReminderKind, Use
from invitations.services.delivery.send import resend_invitation
from invitations.services.events import log_event
from invitations.services.invitations import create_repair_invitation, revoke_invitation, update_invitation
from invitations.services.reminders import remind
from invitations.services.reminders.remind import remind_due
from invitations.services.reminders.subscriptions import ensure_subscriptions, unsubscribe
from tests.clock import stopped_at
from tests.factories import CompanyFactory, make_connection
from tests.invitations.services.reminders.mails import DAY, let_remind, remindable_invitation, reminded
from tests.plans import rows_read
from tests.races import race

FIRST, LAST = ReminderKind.FIRST, ReminderKind.LAST
SILENT = ("silent", "verified-long-ago", "colleague", "other-kind")
ANSWERED = ("used", "declined", "verified", "drafted", "forwarder", "unsubscribed")
UNREACHED = (
    "bounced",
    "complained",
    "failed",
    "queued",
    "just-mailed",
    "reminded",
    "without-link",
    "removed",
    "erased",
)


def address(name):
    return f"{name}@example.com"


def furnish(invitation):
    """Give each address the state that its name says."""
    now, mails = timezone.now(), {each.email.partition("@")[0]: each for each in invitation.deliveries.all()}

    def change(name, **values):
        Delivery.objects.filter(pk=mails[name].pk).update(**values)

    for name in ("bounced", "complained", "failed", "queued"):
        change(name, status=name.upper())
    change("just-mailed", last_attempt_at=now - timedelta(hours=11))
    change("reminded", reminders=[FIRST])
    change("other-kind", reminders=[LAST])
    change("colleague", forwarded_by=address("forwarder"))
    change("erased", email="erased-1@erased.invalid")
    PersonalLink.objects.filter(delivery=mails["without-link"]).delete()
    Use.objects.create(invitation=invitation, form_id=uuid4(), email=address("used"))
    FormDraft.objects.create(invitation=invitation, form_id=uuid4(), email=address("drafted"), encrypted=b"")
    log_event(invitation, EventType.DECLINED, by=CONTRIBUTOR, email=address("declined"))
    log_event(invitation, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email=address("verified"))
    old = log_event(invitation, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email=address("verified-long-ago"))
    type(old).objects.filter(pk=old.pk).update(created_at=now - 2 * DAY)
    (subscription,) = ensure_subscriptions([mails["unsubscribed"]]).values()
    unsubscribe(subscription)
    allowed = [email for email in invitation.allowed_emails if email != address("removed")]
    Invitation.objects.filter(pk=invitation.pk).update(allowed_emails=allowed)


def test_only_silent_addresses_are_reminded(company, jobs):
    invitation = remindable_invitation(company, *map(address, SILENT + ANSWERED + UNREACHED))
    furnish(invitation)
    links = PersonalLink.objects.count()

    assert remind_due() == 1

    assert reminded(invitation) == sorted(map(address, SILENT))
    assert PersonalLink.objects.count() == links + len(SILENT)
    assert remind_due() == 0


def ended(company):
    """Invitations that cannot be used, or whose reminders are off."""
    revoked, expired, fulfilled, off, declined = (
        remindable_invitation(company, address(name), max_uses=1)
        for name in ("revoked", "expired", "fulfilled", "off", "declined")
    )
    revoke_invitation(revoked, by=SYSTEM)
    Invitation.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    Invitation.objects.filter(pk=fulfilled.pk).update(use_count=1)
    Invitation.objects.filter(pk=off.pk).update(sends_reminders=False)
    Invitation.objects.filter(pk=declined.pk).update(declined_at=timezone.now())
    paused = CompanyFactory()
    remindable_invitation(paused, address("paused"))
    update_company(paused, is_active=False)


def test_ended_invitation_reminds_nobody(company, jobs):
    ended(company)
    jobs_before = len(jobs.names)

    assert remind_due() == 6

    assert not Delivery.objects.exclude(reminder=None).exists()
    assert len(jobs.names) == jobs_before
    waiting = Invitation.objects.exclude(next_reminder_at=None)
    # they may change their mind, get more uses, or be activated
    assert sorted(email for each in waiting for email in each.allowed_emails) == [
        *map(address, ("declined", "fulfilled", "paused"))
    ]


def test_working_connection_needs_no_reminder(company, jobs):
    broken = make_connection(company)
    report_status(broken, Status.PASSWORD_INCORRECT, by=SYSTEM)
    terms = {"allowed_emails": [address("owner")], "send_email": True}
    invitation = create_repair_invitation(broken, by=SYSTEM, **terms, expires_in=7 * DAY)
    let_remind(invitation)
    report_status(broken, Status.CONNECTED, by=SYSTEM)

    remind_due()

    assert reminded(invitation) == []


def test_next_reminder_follows_the_first(company, morning, jobs):
    invitation = remindable_invitation(company, address("silent"))
    remind_due()
    invitation.refresh_from_db()
    assert invitation.next_reminder == LAST
    assert invitation.next_reminder_at - morning > 5 * DAY

    Delivery.objects.update(status="DELIVERED", last_attempt_at=morning)
    with stopped_at(invitation.next_reminder_at):
        remind_due()
    mail = invitation.deliveries.get()
    assert (mail.round, mail.reminder, mail.reminders) == (3, LAST, [FIRST, LAST])
    invitation.refresh_from_db()
    assert (invitation.next_reminder, invitation.next_reminder_at) == (None, None)


def test_missed_morning_is_made_up_for(company, morning, jobs):
    invitation = remindable_invitation(company, address("silent"))
    with stopped_at(morning + timedelta(hours=6)):
        assert remind_due() == 1
    assert reminded(invitation) == []
    invitation.refresh_from_db()
    assert invitation.next_reminder == FIRST
    assert timedelta(hours=22) < invitation.next_reminder_at - morning < timedelta(hours=26)


def test_updates_move_and_cancel_reminders(company):
    invitation = remindable_invitation(company, address("silent"))
    found = []
    for change in ({"expires_in": 30 * DAY}, {"sends_reminders": False}, {"sends_reminders": True}):
        invitation = update_invitation(invitation, by=SYSTEM, **change)
        found.append(invitation.next_reminder_at and round((invitation.next_reminder_at - timezone.now()) / DAY))
    assert found[0] in (11, 12)  # half of 37 days, a week of which is over
    assert found == [found[0], None, found[0]]
    changes = {"expires_in": timedelta(hours=40)}
    assert update_invitation(invitation, by=SYSTEM, **changes).next_reminder_at is not None
    changes = {"expires_at": invitation.created_at + timedelta(days=7, minutes=5)}
    assert update_invitation(invitation, by=SYSTEM, **changes).next_reminder_at is None


def test_another_mail_replaces_a_queued_reminder(company, jobs):
    invitation = remindable_invitation(company, address("silent"))
    remind_due()
    resend_invitation(invitation, by=SYSTEM)
    mail = invitation.deliveries.get()
    assert (mail.round, mail.reminder, mail.reminders) == (3, None, [FIRST])


def test_crash_before_commit_loses_no_reminder(company, jobs, monkeypatch):
    invitation = remindable_invitation(company, address("silent"))
    monkeypatch.setattr(remind, "queue_round", lambda *_args, **_options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        remind_due()
    monkeypatch.undo()
    assert (reminded(invitation), remind_due()) == ([], 1)
    assert reminded(invitation) == [address("silent")]


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_remind_once(jobs):
    company = CompanyFactory()
    invitations = [remindable_invitation(company, address("a"), address("b")) for _ in range(5)]
    queued = len(jobs.names)

    assert sum(race(6, lambda _number: remind_due())) == 5

    assert len(jobs.names) - queued == 10
    assert {mail.round for each in invitations for mail in each.deliveries.all()} == {2}


def test_search_reads_due_invitations_only(company):
    due = remindable_invitation(company, address("silent"))
    later = timezone.now() + DAY
    copies = [
        Invitation(company=company, invitation_type=due.invitation_type, token_hash=uuid4().bytes, encrypted_token=b"")
        for _ in range(600)
    ]
    for copy in copies[:300]:
        copy.next_reminder, copy.next_reminder_at = FIRST, later
    Invitation.objects.bulk_create(copies)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE invitations_invitation")

    assert rows_read(remind_due, "invitations_invitation") < 10
