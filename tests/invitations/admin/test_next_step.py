"""The next step that staff are told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template.loader import render_to_string

from invitations.admin.next_step import Advice, InvitationState, NextStep, suggest_next_step
from invitations.models.status import Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO, RECENTLY, SOON = NOW - timedelta(days=4), NOW - timedelta(hours=2), NOW + timedelta(hours=30)
ANNA, BEN = "anna@example.com", "ben@example.com"
TEXT = "admin/invitations/invitation/_next_step_text.html"


def suggest(status=Status.ACTIVE, **facts):
    return suggest_next_step(InvitationState(status, **facts), now=NOW)


def text(advice, expires_soon=False, **facts):
    context = {"step": NextStep(advice, expires_soon=expires_soon), "state": InvitationState(Status.ACTIVE, **facts)}
    return " ".join(render_to_string(TEXT, context).split())


@pytest.mark.parametrize(
    ("facts", "advice", "buttons"),
    [
        ({}, Advice.LINK_ONLY, ()),
        ({"is_mailable": True}, Advice.NOT_MAILED, ("resend",)),
        ({"is_mailable": True, "waiting_mails": 1}, Advice.QUEUED, ()),
        ({"is_mailable": True, "waiting_mails": 1, "waiting_since": NOW - timedelta(minutes=9)}, Advice.QUEUED, ()),
        ({"is_mailable": True, "waiting_mails": 1, "waiting_since": NOW - timedelta(minutes=11)}, Advice.OVERDUE, ()),
        ({"is_mailable": True, "mailed_at": LONG_AGO, "unmailed": [BEN]}, Advice.ADDED, ("resend",)),
        ({"is_mailable": True, "mailed_at": RECENTLY}, Advice.MAILED_RECENTLY, ()),
        ({"is_mailable": True, "mailed_at": LONG_AGO}, Advice.MAILED, ("resend",)),
        ({"is_mailable": True, "opened_at": RECENTLY, "stale_mails": 1}, Advice.LINK_REPLACED, ("resend",)),
        ({"opened_at": RECENTLY}, Advice.OPENED_RECENTLY, ()),
        ({"opened_at": LONG_AGO, "is_mailable": True}, Advice.OPENED, ("resend",)),
        ({"opened_at": LONG_AGO}, Advice.OPENED, ()),
        ({"opened_at": LONG_AGO, "use_count": 1, "uses_left": 1}, Advice.IN_USE, ()),
        ({"refused": [ANNA], "opened_at": LONG_AGO, "broken": 1}, Advice.REFUSED, ("correct",)),
        ({"broken": 1, "use_count": 1}, Advice.BROKEN, ("repair",)),
        ({"broken": 1, "is_repair": True}, Advice.LINK_ONLY, ()),
        ({"asked": [ANNA], "declined_at": NOW, "refused": [ANNA]}, Advice.LINK_REQUESTED, ("approve",)),
        ({"declined_at": NOW, "refused": [ANNA]}, Advice.DECLINED, ()),
    ],
)
def test_active_invitation_gets_the_most_urgent_step(facts, advice, buttons):
    assert suggest(**facts) == NextStep(advice, buttons)


def test_expiring_invitation_can_be_extended():
    step = suggest(expires_at=SOON, is_mailable=True, opened_at=LONG_AGO)

    assert step == NextStep(Advice.OPENED, ("resend", "extend"), expires_soon=True)


@pytest.mark.parametrize(
    ("facts", "advice", "buttons"),
    [
        ({}, Advice.EXPIRED, ("extend",)),
        ({"opened_at": LONG_AGO}, Advice.EXPIRED_OPENED, ("extend",)),
        ({"opened_at": LONG_AGO, "use_count": 1}, Advice.EXPIRED_USED, ("extend",)),
        ({"refused": [ANNA]}, Advice.EXPIRED_REFUSED, ("extend", "correct")),
        ({"asked": [ANNA], "refused": [ANNA]}, Advice.LINK_REQUESTED, ("approve",)),
    ],
)
def test_expired_invitation_can_be_extended(facts, advice, buttons):
    assert suggest(Status.EXPIRED, **facts) == NextStep(advice, buttons)


def test_used_up_invitation_needs_only_repairs():
    assert suggest(Status.FULFILLED, use_count=1) == NextStep(Advice.USED_UP)
    assert suggest(Status.FULFILLED, is_repair=True) == NextStep(Advice.REPAIR_USED_UP)
    for is_repair in (False, True):
        assert suggest(Status.FULFILLED, broken=1, is_repair=is_repair) == NextStep(Advice.BROKEN, ("repair",))


def test_revoked_invitation_offers_a_new_one():
    assert suggest(Status.REVOKED, refused=[ANNA], broken=1, use_count=1) == NextStep(Advice.REVOKED, ("new",))


def test_every_advice_has_a_text():
    assert [advice for advice in Advice if len(text(advice, refused=[ANNA], uses_left=1)) < 20] == []


def test_text_names_addresses_and_numbers():
    assert text(Advice.REFUSED, refused=[ANNA]).startswith(f"The mail to {ANNA} did not arrive. Correct the ")
    assert text(Advice.REFUSED, refused=[ANNA, BEN]).startswith("The mails to 2 addresses did not arrive.")
    assert text(Advice.REFUSED, refused=["<b>@example.com"]).startswith("The mail to &lt;b&gt;@example.com")
    assert text(Advice.BROKEN, broken=2).startswith("2 connections do not work")
    assert "1 use is left" in text(Advice.IN_USE, uses_left=1)
    assert "3 uses are left" in text(Advice.IN_USE, uses_left=3)
    assert "uses are unlimited" in text(Advice.IN_USE)
    assert text(Advice.OPENED, expires_soon=True).endswith("extend it if the contributor needs more time.")
