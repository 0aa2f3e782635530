"""Rate limits in the database, so that they hold across processes."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from config.crypto.keyed_hash import keyed_hashes
from config.monitoring.limits import LIMIT_REFUSALS
from invitations.exceptions import RateLimitExceeded
from invitations.models import RateLimitWindow

# their keys go on with the id of the invitation
KINDS_OF_INVITATION = (
    *("resend", "code-client", "codes-of-pattern", "wrong-codes", "short-codes"),
    *("link-request", "forward", "decline", "decline-mail"),
)
GMAIL = ("gmail.com", "googlemail.com")
# The row is locked while it is updated, so concurrent attempts are counted one after the other. A refused attempt
# changes no row and therefore returns none.
COUNT = """
INSERT INTO invitations_ratelimitwindow AS kept (key, started_at, count, attempts)
SELECT asked.key, %(now)s, 1, ARRAY[%(now)s::timestamptz] FROM unnest(%(keys)s::varchar[]) AS asked (key)
ON CONFLICT (key) DO UPDATE SET (started_at, count, attempts) = (
    SELECT coalesce(min(attempt), %(now)s), count(*) + 1, coalesce(array_agg(attempt), '{}') || %(now)s::timestamptz
    FROM unnest(kept.attempts) AS attempt WHERE attempt > %(over)s
)
WHERE (SELECT count(*) FROM unnest(kept.attempts) AS attempt WHERE attempt > %(over)s) < %(limit)s
RETURNING kept.key
"""


def check_rate_limit(key: str, *, limit: int, per: timedelta) -> None:
    """Count an attempt under `key`. Raises `RateLimitExceeded` after `limit` attempts within the last `per`.

    The window slides: no period of this length has more attempts. Refused attempts do not count, so they never make
    the wait longer.
    """
    for error in check_rate_limits([key], limit=limit, per=per).values():
        raise error


def check_rate_limits(keys: Collection[str], *, limit: int, per: timedelta) -> dict[str, RateLimitExceeded]:
    """Count an attempt under each key. Returns what `check_rate_limit` would raise, by key. Two queries at most."""
    now = timezone.now()
    refused = set(keys) - _count(keys, limit=limit, per=per)
    windows = RateLimitWindow.objects.filter(key__in=refused).values_list("key", "attempts")
    errors = {key: RateLimitExceeded(retry_after=round(per.total_seconds())) for key in refused}
    for key, attempts in windows:
        # the limit's oldest attempt must leave the window first
        oldest = [attempt for attempt in attempts if attempt > now - per][-limit:][:1] or [now]
        errors[key] = RateLimitExceeded(retry_after=max(1, round((oldest[0] + per - now).total_seconds())))
    return errors


def count_attempt(key: str, *, limit: int, per: timedelta) -> bool:
    """Count an attempt under `key`, unless there were `limit` within the last `per`. Returns whether it was counted."""
    return key in _count([key], limit=limit, per=per)


def _count(keys: Collection[str], *, limit: int, per: timedelta) -> set[str]:
    """Count an attempt under each key that is not at its limit. Returns those. Sorted, so that two never deadlock."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"keys": sorted(set(keys)), "now": now, "over": now - per, "limit": limit})
        counted = {key for (key,) in cursor.fetchall()}
    for key in set(keys) - counted:
        LIMIT_REFUSALS.count(key.partition(":")[0])  # the rest is an id or a hash
    return counted


def is_limit_reached(key: str, *, limit: int, per: timedelta) -> bool:
    return len(_recent_attempts(key, since=timezone.now() - per)) >= limit


def move_attempts(owner: UUID, *, by: timedelta) -> None:
    """Move the attempts under the keys of an invitation into the past, so that its limits end earlier."""
    keys = (Q(key__startswith=f"{kind}:{owner}") for kind in KINDS_OF_INVITATION)
    windows = list(RateLimitWindow.objects.select_for_update().filter(reduce(or_, keys)).order_by("key"))
    for window in windows:
        window.started_at -= by
        window.attempts = [attempt - by for attempt in window.attempts]
    RateLimitWindow.objects.bulk_update(windows, ["started_at", "attempts"])


def hash_address(email: str) -> str:
    """Name of an address in a key: useless to a reader of the database."""
    return next(_address_hashes(email))


def is_hash_of(name: str, email: str) -> bool:
    """True for the name of the address, also if it was made before a rotation of `SECRET_KEY`."""
    return any(constant_time_compare(name, each) for each in _address_hashes(email))


def _address_hashes(email: str) -> Iterator[str]:
    return (each.hex()[:24] for each in keyed_hashes("latchkey.address", email))


def hash_mailbox(email: str) -> str:
    """Name of a mailbox in a key: the address without its plus-tag, and for Gmail without dots."""
    local, _at, domain = email.rpartition("@")
    local = local.partition("+")[0]
    if domain in GMAIL:
        local, domain = local.replace(".", ""), GMAIL[0]
    return hash_address(f"{local}@{domain}")


def delete_old_windows(*, older_than: timedelta) -> int:
    """Delete windows whose oldest attempt is older than `older_than`. Returns how many.

    An attempt may be as long after the oldest one as its limit lasts, so `older_than` is at least twice that time.
    """
    deleted, _ = RateLimitWindow.objects.filter(started_at__lt=timezone.now() - older_than).delete()
    return deleted


def _recent_attempts(key: str, *, since: datetime) -> list[datetime]:
    window = RateLimitWindow.objects.filter(key=key).first()
    return [attempt for attempt in window.attempts if attempt > since] if window else []
