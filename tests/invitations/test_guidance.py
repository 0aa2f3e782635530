"""What staff are told to do next."""

from datetime import UTC, datetime, timedelta

import pytest

from invitations.admin.next_step import Situation, next_step
from invitations.models.status import Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO, LATELY, SOON = NOW - timedelta(days=4), NOW - timedelta(hours=2), NOW + timedelta(hours=30)
ANNA, BEN = "anna@example.com", "ben@example.com"


def told(status=Status.ACTIVE, **known):
    step = next_step(Situation(status, **known), now=NOW)
    return step.sentence, step.buttons


@pytest.mark.parametrize(
    ("known", "sentence", "buttons"),
    [
        ({}, "Copy the link and pass it on. Nobody has opened it yet.", ()),
        ({"mailable": True}, "Nobody has been mailed. Mail it, or copy the link and pass it on.", ("resend",)),
        ({"mailable": True, "waiting": 1}, "The mail is on its way. Come back in a few minutes.", ()),
        (
            {"mailable": True, "mailed_at": LATELY},
            "It was mailed, and nobody has opened it yet. Give them a little time.",
            (),
        ),
        (
            {"mailable": True, "mailed_at": LONG_AGO},
            "It was mailed, and nobody has opened it. Mail it again, or call.",
            ("resend",),
        ),
        (
            {"mailable": True, "opened_at": LATELY, "replaced": 1},
            "The link was replaced after the mail went out, and leads nowhere there. Mail it again.",
            ("resend",),
        ),
        (
            {"opened_at": LATELY},
            "It was opened a short while ago, and is not finished yet. Give them a little time.",
            (),
        ),
        (
            {"opened_at": LONG_AGO, "mailable": True},
            "It was opened and not finished. Mail it again, or call and ask what is missing.",
            ("resend",),
        ),
        (
            {"opened_at": LONG_AGO},
            "It was opened and not finished. Call and ask what is missing; the link still works.",
            (),
        ),
        (
            {"opened_at": LONG_AGO, "use_count": 1, "uses_left": 1},
            "It is being used, and can be used once more. Wait for the rest.",
            (),
        ),
        (
            {"opened_at": LONG_AGO, "use_count": 2, "uses_left": 3},
            "It is being used, and can be used 3 times more. Wait for the rest.",
            (),
        ),
        (
            {"use_count": 2},
            "It is being used, and can be used again. Revoke it when nothing more is to come.",
            (),
        ),
        (
            {"undelivered": [ANNA], "opened_at": LONG_AGO, "broken": 1},
            "The mail to anna@example.com did not arrive. Correct the address, or pass the link on.",
            ("correct",),
        ),
        (
            {"undelivered": [ANNA, BEN]},
            "The mails to 2 addresses did not arrive. Correct the addresses, or pass the link on.",
            ("correct",),
        ),
        (
            {"broken": 1, "use_count": 1},
            "A connection does not work with the login that was given. Invite somebody to repair it.",
            ("repair",),
        ),
        (
            {"broken": 2, "use_count": 2},
            "2 connections do not work with the login that was given. Invite somebody to repair them.",
            ("repair",),
        ),
    ],
)
def test_of_an_active_one(known, sentence, buttons):
    assert told(**known) == (sentence, buttons)


def test_an_active_repair_is_waited_for_although_its_connection_is_broken():
    assert told(repairs=True, broken=1)[0] == "Copy the link and pass it on. Nobody has opened it yet."


def test_when_it_expires_soon_it_can_be_extended():
    sentence, buttons = told(expires_at=SOON, mailable=True, opened_at=LONG_AGO)

    assert sentence.endswith("It expires soon: extend it if they need longer.")
    assert buttons == ("resend", "extend")


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ({}, "It expired before anybody opened it. Extend it if it is still needed; the link stays."),
        ({"opened_at": LONG_AGO}, "It was opened, and expired before anything was connected. Extend it and ask again."),
        (
            {"opened_at": LONG_AGO, "use_count": 1},
            "It was used, and its time is over. Extend it if more is to be connected.",
        ),
    ],
)
def test_an_expired_one_can_be_extended(known, sentence):
    assert told(Status.EXPIRED, **known) == (sentence, ("extend",))


def test_an_expired_one_whose_mail_came_back_is_extended_before_its_address_is_corrected():
    assert told(Status.EXPIRED, undelivered=[ANNA]) == (
        "It expired, and the mail to anna@example.com did not arrive. Extend it, then correct the address.",
        ("extend", "correct"),
    )


def test_of_one_that_is_used_up_there_is_nothing_to_do_unless_something_broke():
    assert told(Status.FULFILLED, use_count=1) == ("Everything it was for is connected. There is nothing to do.", ())
    assert told(Status.FULFILLED, repairs=True) == ("New login details were given. There is nothing to do.", ())
    assert told(Status.FULFILLED, broken=1)[1] == told(Status.FULFILLED, repairs=True, broken=1)[1] == ("repair",)


def test_in_place_of_a_revoked_one_a_new_one_is_made():
    assert told(Status.REVOKED, undelivered=[ANNA], broken=1, use_count=1) == (
        "It was revoked, and its link leads nowhere. If it is still needed, make a new one.",
        ("new",),
    )
