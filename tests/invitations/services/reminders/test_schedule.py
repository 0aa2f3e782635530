"""When reminders leave, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from companies.models import Company
from config.time_zones import find_time_zone
from invitations.models import Invitation, ReminderKind
from invitations.services.reminders.schedule import (
    plan_reminders,
    postpone_reminder,
    set_next_reminder,
    time_until_morning,
)

FIRST, LAST = ReminderKind.FIRST, ReminderKind.LAST
MONDAY = datetime(2026, 12, 7, 12, tzinfo=UTC)
AT_TEN = UUID(int=60)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def invitation(*, life, zone="UTC", created_at=MONDAY, seed=AT_TEN, **fields):
    expires_at = None if life is None else created_at + life
    known = {"created_at": created_at, "expires_at": expires_at, "sends_reminders": True} | fields
    return Invitation(id=seed, company=Company(time_zone=zone), **known)


def planned(**fields):
    zone = find_time_zone(fields.get("zone", "UTC"))
    return [
        (kind, when.astimezone(zone).strftime("%a %d %H:%M")) for kind, when in plan_reminders(invitation(**fields))
    ]


def test_plan_by_length_of_life():
    lives = {
        timedelta(hours=47, minutes=59): [],
        timedelta(days=2): [(FIRST, "Tue 08 10:00")],
        timedelta(days=4): [(FIRST, "Thu 10 10:00")],
        timedelta(days=5): [(FIRST, "Thu 10 10:00")],  # the last one would follow on Friday
        timedelta(days=7): [(FIRST, "Fri 11 10:00"), (LAST, "Sun 13 10:00")],
        timedelta(days=14): [(FIRST, "Tue 15 10:00"), (LAST, "Sun 20 10:00")],
        None: [(FIRST, "Tue 15 10:00")],
    }
    assert {life: planned(life=life) for life in lives} == lives
    assert planned(life=timedelta(days=14), sends_reminders=False) == []


def test_each_reminder_leaves_twelve_hours():
    for hours in range(48, 800, 5):
        row = invitation(life=timedelta(hours=hours), created_at=MONDAY + timedelta(minutes=37 * hours))
        plans = [when for _kind, when in plan_reminders(row)]
        assert plans == sorted(plans)
        assert plans[0] - row.created_at >= timedelta(hours=12)
        assert row.expires_at - plans[-1] >= timedelta(hours=12)
        assert row.expires_at - plans[-1] < timedelta(hours=36) or len(plans) == 1


def test_morning_is_that_of_the_zone():
    week = timedelta(days=14)
    zones = {"Europe/Berlin": "09:00", "America/New_York": "15:00", "Asia/Kolkata": "04:30", "Mars/Olympus": "10:00"}
    zones |= {"Pacific/Kiritimati": "20:00"}
    found = {zone: plan_reminders(invitation(life=week, zone=zone))[0].at.strftime("%H:%M") for zone in zones}
    assert found == zones


def test_morning_keeps_its_hour_over_clock_changes():
    for created_at in ("2026-03-22 12:00", "2026-10-18 12:00"):  # a week before each change
        mornings = plan_reminders(invitation(life=timedelta(days=18), zone="Europe/Berlin", created_at=at(created_at)))
        assert {when.astimezone(find_time_zone("Europe/Berlin")).strftime("%H:%M") for _, when in mornings} == {"10:00"}


def test_mornings_are_spread_over_two_hours():
    times = {planned(life=None, seed=UUID(int=seed))[0][1][-5:] for seed in range(1000)}
    assert (min(times), max(times), len(times)) == ("09:00", "10:59", 120)


def test_next_reminder_is_after_the_given_time():
    row = invitation(life=timedelta(days=14))
    found = []
    for after in ("2026-12-07", "2026-12-15 10:00", "2026-12-20 10:00"):
        set_next_reminder(row, after=at(after))
        found.append((row.next_reminder, row.next_reminder_at))
    assert found == [(FIRST, at("2026-12-15 10:00")), (LAST, at("2026-12-20 10:00")), (None, None)]


def test_late_reminder_waits_for_the_next_morning():
    late = {
        (FIRST, "2026-12-15 17:00"): (FIRST, at("2026-12-16 10:00")),
        (FIRST, "2026-12-18 17:00"): (LAST, at("2026-12-20 10:00")),
        (LAST, "2026-12-20 17:00"): (LAST, at("2026-12-21 10:00")),
        (LAST, "2026-12-21 11:00"): (None, None),
    }
    found = {}
    for kind, now in late:
        row = invitation(life=timedelta(days=14))
        postpone_reminder(row, kind, now=at(now))
        found[kind, now] = (row.next_reminder, row.next_reminder_at)
    assert found == late


def test_reminder_waits_from_afternoon_to_morning():
    row = invitation(life=None, zone="Europe/Berlin")
    waits = {"2026-12-08 08:00": None, "2026-12-08 12:59": None}
    waits |= {"2026-12-08 13:00": timedelta(hours=20), "2026-12-08 02:00": timedelta(hours=7)}
    assert {now: time_until_morning(row, at(now)) for now in waits} == waits
