"""An invitation's status: derived from its facts, in Python and in SQL, by one table."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple, Protocol

from django.db import models
from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.functions import Now


class Facts(Protocol):
    """What is stored of an invitation, as far as its status goes."""

    revoked_at: datetime | None
    max_uses: int | None
    use_count: int
    expires_at: datetime | None


class Status(models.TextChoices):
    ACTIVE = "ACTIVE", "Active"
    REVOKED = "REVOKED", "Revoked"
    FULFILLED = "FULFILLED", "Used up"
    EXPIRED = "EXPIRED", "Expired"


class Rule(NamedTuple):
    status: Status
    holds: Callable[[Facts, datetime], bool]
    condition: Q
    is_timed: bool = False


class StatusCase(NamedTuple):
    """A condition that an index serves. Of one that is timed it cannot have the rows in the order of their ids."""

    condition: Q
    is_timed: bool


NOTHING = Q(pk__in=[])
REVOKED = Q(revoked_at__isnull=False)
FULFILLED = Q(max_uses__isnull=False, use_count__gte=F("max_uses"))
EXPIRED = Q(expires_at__isnull=False, expires_at__lte=Now())
OPEN = ~REVOKED & ~FULFILLED
# not expired is one or the other
ENDLESS = Q(expires_at__isnull=True)
NOT_YET = Q(expires_at__isnull=False, expires_at__gt=Now())
# opened, and nothing was ever connected
UNFINISHED = Q(revoked_at__isnull=True, use_count=0, last_viewed_at__isnull=False)

# the first rule that holds names the status; when none does, it is ACTIVE
RULES = (
    Rule(Status.REVOKED, lambda facts, now: facts.revoked_at is not None, REVOKED),
    Rule(
        Status.FULFILLED,
        lambda facts, now: facts.max_uses is not None and facts.use_count >= facts.max_uses,
        FULFILLED,
    ),
    Rule(
        Status.EXPIRED,
        lambda facts, now: facts.expires_at is not None and facts.expires_at <= now,
        EXPIRED,
        is_timed=True,
    ),
)


def status_of(invitation: Facts, now: datetime) -> Status:
    """The status at `now`."""
    return next((rule.status for rule in RULES if rule.holds(invitation, now)), Status.ACTIVE)


def status_case() -> Case:
    """The status as an expression of SQL."""
    return Case(
        *(When(rule.condition, then=Value(rule.status.value)) for rule in RULES),
        default=Value(Status.ACTIVE.value),
        output_field=CharField(),
    )


def status_cases(statuses: Iterable[str]) -> list[StatusCase]:
    """In which cases a row has one of `statuses`; no two of them hold at once."""
    wanted = set(statuses)
    cases = []
    not_before = Q()
    for rule in RULES:
        if rule.status in wanted:
            cases.append(StatusCase(not_before & rule.condition, rule.is_timed))
        not_before &= ~rule.condition
    going_on = [StatusCase(OPEN & ENDLESS, is_timed=False), StatusCase(OPEN & NOT_YET, is_timed=True)]
    return cases + (going_on if Status.ACTIVE in wanted else [])


def status_condition(statuses: Iterable[str]) -> Q:
    """The condition under which a row has one of `statuses`."""
    return reduce(or_, (case.condition for case in status_cases(statuses)), NOTHING)
