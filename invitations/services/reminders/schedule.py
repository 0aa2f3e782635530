"""When reminders leave: in a morning of the company's time zone.

The first one leaves in the first morning of the second half of the life, the last one in the last morning that leaves
twelve hours. On the same or on consecutive days, only the first one leaves. Without an end, one leaves after a week.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from config.time_zones import find_time_zone
from invitations.models import Invitation, ReminderKind

SHORTEST_LIFE = timedelta(hours=48)
TIME_LEFT = timedelta(hours=12)
WITHOUT_END = timedelta(days=7)
MORNING_BEGINS, SPREAD = time(9), 120  # minutes: not all of a company's at once
MORNING_IS_OVER = time(14)
DAY = timedelta(days=1)


class Planned(NamedTuple):
    kind: ReminderKind
    at: datetime


class Mornings:
    """Moments between 9:00 and 11:00, the same on each day. `seed` spreads them."""

    def __init__(self, time_zone: str, seed: UUID) -> None:
        self.zone = find_time_zone(time_zone)
        self.time = time(MORNING_BEGINS.hour + seed.int % SPREAD // 60, seed.int % 60)

    def first_from(self, moment: datetime) -> datetime:
        morning = self._on(self.day_of(moment))
        return morning if morning >= moment else self._on(self.day_of(moment) + DAY)

    def last_until(self, moment: datetime) -> datetime:
        morning = self._on(self.day_of(moment))
        return morning if morning <= moment else self._on(self.day_of(moment) - DAY)

    def are_close(self, earlier: datetime, later: datetime) -> bool:
        """True for the same day and for consecutive days."""
        return self.day_of(later) - self.day_of(earlier) <= DAY

    def includes(self, moment: datetime) -> bool:
        return MORNING_BEGINS <= moment.astimezone(self.zone).time() < MORNING_IS_OVER

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, self.time, self.zone).astimezone(UTC)


def mornings_of(invitation: Invitation) -> Mornings:
    return Mornings(invitation.company.time_zone, invitation.pk)


def plan_reminders(invitation: Invitation) -> list[Planned]:
    """Return the reminders of its whole life, in their order. At most one of each kind."""
    if not invitation.sends_reminders:
        return []
    mornings, created_at, end = mornings_of(invitation), invitation.created_at, invitation.expires_at
    if end is None:
        return [Planned(ReminderKind.FIRST, mornings.first_from(created_at + WITHOUT_END))]
    life = end - created_at
    if life < SHORTEST_LIFE:
        return []
    last = mornings.last_until(end - TIME_LEFT)
    first = min(mornings.first_from(created_at + life / 2), last)
    planned = [Planned(ReminderKind.FIRST, first)]
    return planned if mornings.are_close(first, last) else [*planned, Planned(ReminderKind.LAST, last)]


def set_next_reminder(invitation: Invitation, *, after: datetime, done: ReminderKind | None = None) -> None:
    """Set, without saving, the first reminder after this time, or none. `done`: the one that left just now."""
    planned = [each for each in plan_reminders(invitation) if each.at > after and each.kind != done]
    _set(invitation, planned[0] if planned and done != ReminderKind.LAST else None)


def likely_time(invitation: Invitation) -> datetime | None:
    """Return when its next reminder leaves. The company may have changed its time zone since that was planned."""
    at = invitation.next_reminder_at
    return at and at + (time_until_morning(invitation, at) or timedelta(0))


def postpone_reminder(invitation: Invitation, kind: ReminderKind, *, now: datetime) -> None:
    """Set, without saving, the next morning for a reminder that missed its own. The last one is dropped at the end.

    The first one is dropped if the last one would follow on the next day.
    """
    mornings, end = mornings_of(invitation), invitation.expires_at
    morning = mornings.first_from(now)
    later = next((each for each in plan_reminders(invitation) if each.at > now and each.kind != kind), None)
    if later and mornings.are_close(morning, later.at):
        _set(invitation, later)
    else:
        _set(invitation, Planned(kind, morning) if end is None or morning < end else None)


def time_until_morning(invitation: Invitation, now: datetime) -> timedelta | None:
    """Return how long a reminder has to wait. None if it may leave now."""
    mornings = mornings_of(invitation)
    return None if mornings.includes(now) else mornings.first_from(now) - now


def _set(invitation: Invitation, planned: Planned | None) -> None:
    invitation.next_reminder, invitation.next_reminder_at = planned or (None, None)
