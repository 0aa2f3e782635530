"""The line about reminders on the page of an invitation, and the switch."""

from datetime import UTC, datetime, timedelta

from companies.actors import CONTRIBUTOR
from invitations.models import Delivery, EventType, Invitation, ReminderKind
from invitations.services.events import log_event
from invitations.services.reminders.subscriptions import ensure_subscriptions, unsubscribe
from tests.factories import make_invitation
from tests.invitations.admin.actions.pages import press_as_shown, stored
from tests.invitations.admin.pages import page_of
from tests.invitations.services.delivery.mails import ANNA, BEN, mailed

DAY = timedelta(days=1)
SOON = datetime(2100, 12, 24, 9, 12, tzinfo=UTC)


def due(company, *emails, **fields):
    invitation = mailed(*emails, company=company, **{"expires_in": 14 * DAY} | fields)
    Delivery.objects.filter(invitation=invitation).update(status="SENT", last_attempt_at=invitation.created_at)
    Invitation.objects.filter(pk=invitation.pk).update(next_reminder_at=SOON, next_reminder=ReminderKind.FIRST)
    return stored(invitation)


def test_page_says_when_reminders_leave(admin_client, company):
    type(company).objects.update(time_zone="Europe/Berlin")
    page = page_of(admin_client, due(company, ANNA, BEN))
    assert "The next reminder leaves on 24 Dec 2100, 10:12 CET, to anna@example.com and ben@example.com." in page


def test_page_says_why_none_leaves(admin_client, company):
    answered, stopped = due(company, ANNA), due(company, BEN)
    log_event(answered, EventType.DECLINED, by=CONTRIBUTOR, email=ANNA)
    unsubscribe(ensure_subscriptions([stopped.deliveries.get()]).popitem()[1])
    unmailed = make_invitation(company, allowed_emails=[ANNA], sends_reminders=True, expires_in=14 * DAY)
    short = due(company, ANNA)
    Invitation.objects.filter(pk=short.pk).update(
        expires_at=short.created_at + DAY, next_reminder=None, next_reminder_at=None
    )
    over = due(company, ANNA)
    Invitation.objects.filter(pk=over.pk).update(next_reminder=None, next_reminder_at=None)
    words = {
        answered: "No reminder: no address is left.",
        stopped: "No reminders: unsubscribed",
        unmailed: "No reminder: the invitation was not mailed.",
        short: "No reminder: the invitation lasts less than two days.",
        over: "No further reminder: all of them are over.",
        make_invitation(company, allowed_emails=[ANNA]): "Reminders are switched off.",
    }
    shown = {text: text in page_of(admin_client, each) for each, text in words.items()}
    assert shown == dict.fromkeys(words.values(), True)


def test_staff_switch_reminders_and_forwarding(admin_client, company):
    invitation = due(company, ANNA)
    outdated = due(company, BEN)
    press_as_shown(admin_client, invitation, "reminders", sends_reminders="", allows_forwarding="on")
    changed = stored(invitation)
    assert (changed.sends_reminders, changed.allows_forwarding, changed.next_reminder_at) == (False, True, None)
    response = press_as_shown(admin_client, outdated, "reminders", seen_reminders="False", sends_reminders="")
    assert response.status_code == 302  # nothing differs from what was shown
    assert stored(outdated).sends_reminders
