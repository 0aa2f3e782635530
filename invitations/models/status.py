"""The status of an invitation, derived from its columns by one table of rules, in Python and in SQL."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple, Protocol

from django.db import models
from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.functions import Now


class Facts(Protocol):
    revoked_at: datetime | None
    max_uses: int | None
    use_count: int
    expires_at: datetime | None


class Status(models.TextChoices):
    ACTIVE = "ACTIVE", "Active"
    REVOKED = "REVOKED", "Revoked"
    FULFILLED = "FULFILLED", "Used up"
    EXPIRED = "EXPIRED", "Expired"


class RevokedBecause(models.TextChoices):
    """Reasons of Latchkey to revoke an invitation. A person's reason is in the log only."""

    RECOVERED = "RECOVERED", "The connection works again."
    SWITCHED_OFF = "SWITCHED_OFF", "Automatic repair was switched off."
    DISABLED = "DISABLED", "The connection was disabled."


class Rule(NamedTuple):
    status: Status
    holds: Callable[[Facts, datetime], bool]
    condition: Q
    is_timed: bool = False


class StatusCase(NamedTuple):
    """A condition with an index of its own. If `is_timed`, the index is not ordered by id."""

    condition: Q
    is_timed: bool


NOTHING = Q(pk__in=[])
REVOKED = Q(revoked_at__isnull=False)
FULFILLED = Q(max_uses__isnull=False, use_count__gte=F("max_uses"))
EXPIRED = Q(expires_at__isnull=False, expires_at__lte=Now())
OPEN = ~REVOKED & ~FULFILLED
# an unexpired invitation is one or the other
NEVER_EXPIRES = Q(expires_at__isnull=True)
EXPIRES_LATER = Q(expires_at__isnull=False, expires_at__gt=Now())
# its expiry was not published, and still ends it
UNANNOUNCED = OPEN & Q(expires_at__isnull=False, expires_at__gt=F("announced_until"))
# opened, but never used
UNFINISHED = Q(revoked_at__isnull=True, use_count=0, last_viewed_at__isnull=False)
NOT_OPENED = Q(revoked_at__isnull=True, use_count=0, last_viewed_at__isnull=True)

# the first rule that holds decides; without one the status is ACTIVE
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
    return next((rule.status for rule in RULES if rule.holds(invitation, now)), Status.ACTIVE)


def status_case() -> Case:
    return Case(
        *(When(rule.condition, then=Value(rule.status.value)) for rule in RULES),
        default=Value(Status.ACTIVE.value),
        output_field=CharField(),
    )


def status_cases(statuses: Iterable[str]) -> list[StatusCase]:
    """Return disjoint conditions under which a row has one of `statuses`."""
    wanted = set(statuses)
    cases = []
    not_before = Q()
    for rule in RULES:
        if rule.status in wanted:
            cases.append(StatusCase(not_before & rule.condition, rule.is_timed))
        not_before &= ~rule.condition
    active = [StatusCase(OPEN & NEVER_EXPIRES, is_timed=False), StatusCase(OPEN & EXPIRES_LATER, is_timed=True)]
    return cases + (active if Status.ACTIVE in wanted else [])


def status_condition(statuses: Iterable[str]) -> Q:
    return reduce(or_, (case.condition for case in status_cases(statuses)), NOTHING)
