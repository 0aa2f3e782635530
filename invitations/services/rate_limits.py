"""Rate limits in the database, so that they hold across processes."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from invitations.exceptions import RateLimitExceeded
from invitations.models import RateLimitWindow

COUNT = """
INSERT INTO invitations_ratelimitwindow AS kept (key, started_at, count) VALUES (%(key)s, %(now)s, 1)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN kept.started_at <= %(over)s THEN 1 ELSE kept.count + 1 END,
    started_at = CASE WHEN kept.started_at <= %(over)s THEN %(now)s ELSE kept.started_at END
RETURNING count, started_at
"""


def check_rate_limit(key: str, *, limit: int, per: timedelta) -> None:
    """Count an attempt under `key`. Raises `RateLimitExceeded` after `limit` attempts within `per`."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "now": now, "over": now - per})
        count, started_at = cursor.fetchone()
    if count > limit:
        raise RateLimitExceeded(retry_after=max(1, round((started_at + per - now).total_seconds())))


def delete_old_windows(*, older_than: timedelta) -> int:
    """Delete windows that began before `older_than` ago. Returns how many."""
    deleted, _ = RateLimitWindow.objects.filter(started_at__lt=timezone.now() - older_than).delete()
    return deleted
