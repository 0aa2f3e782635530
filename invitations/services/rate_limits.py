"""Rate limits in the database, so that they hold across processes."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from invitations.exceptions import RateLimitExceeded
from invitations.models import RateLimitWindow

GMAIL = ("gmail.com", "googlemail.com")
# The row is locked while it is updated, so concurrent attempts are counted one after the other. A refused attempt
# changes no row and therefore returns none.
COUNT = """
INSERT INTO invitations_ratelimitwindow AS kept (key, started_at, count, attempts)
VALUES (%(key)s, %(now)s, 1, ARRAY[%(now)s::timestamptz])
ON CONFLICT (key) DO UPDATE SET (started_at, count, attempts) = (
    SELECT coalesce(min(attempt), %(now)s), count(*) + 1, coalesce(array_agg(attempt), '{}') || %(now)s::timestamptz
    FROM unnest(kept.attempts) AS attempt WHERE attempt > %(over)s
)
WHERE (SELECT count(*) FROM unnest(kept.attempts) AS attempt WHERE attempt > %(over)s) < %(limit)s
RETURNING key
"""


def check_rate_limit(key: str, *, limit: int, per: timedelta) -> None:
    """Count an attempt under `key`. Raises `RateLimitExceeded` after `limit` attempts within the last `per`.

    The window slides: no period of this length has more attempts. Refused attempts do not count, so they never make
    the wait longer.
    """
    now = timezone.now()
    if not count_attempt(key, limit=limit, per=per):
        # the limit's oldest attempt must leave the window first
        oldest = _recent_attempts(key, since=now - per)[-limit:][:1] or [now]
        raise RateLimitExceeded(retry_after=max(1, round((oldest[0] + per - now).total_seconds())))


def count_attempt(key: str, *, limit: int, per: timedelta) -> bool:
    """Count an attempt under `key`, unless there were `limit` within the last `per`. Returns whether it was counted."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "now": now, "over": now - per, "limit": limit})
        return cursor.fetchone() is not None


def is_limit_reached(key: str, *, limit: int, per: timedelta) -> bool:
    return len(_recent_attempts(key, since=timezone.now() - per)) >= limit


def hash_address(email: str) -> str:
    """Name of an address in a key: useless to a reader of the database."""
    return salted_hmac("latchkey.address", email, algorithm="sha256").hexdigest()[:24]


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
