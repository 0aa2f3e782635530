"""Login throttling by django-axes.

Axes counts failures by (account, network), by account (NIST SP 800-63B-4: at most 100) and by network. A counter
expires `COOL_OFF` after its last failure. Accounts are stored as keyed hashes: people type passwords as user names.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from config.db.advisory_locks import try_lock
from config.http.client_address import client_network
from config.http.headers import set_private_headers

COOL_OFF: timedelta = settings.AXES_COOLOFF_TIME
PAIR_LIMIT: int = settings.AXES_FAILURE_LIMIT
ACCOUNT_LIMIT = 100
NETWORK_LIMIT = 50
LIMITS = (PAIR_LIMIT, ACCOUNT_LIMIT, NETWORK_LIMIT)  # in the order of AXES_LOCKOUT_PARAMETERS
RETRY_SECONDS = 2


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Axes handler with a limit for each of the three counters."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the fullest counter, scaled to the limit that Axes compares with."""
        pairs = zip(self.get_user_attempts(request, credentials), LIMITS, strict=True)
        return max(_count_failures(attempts) * PAIR_LIMIT // limit for attempts, limit in pairs)

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Reset the (account, network) counter after a login. The other two stay."""
        own, *_ = self.filter_user_attempts(request, credentials)
        deleted, _ = own.delete()
        return int(deleted)


def account(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    return fingerprint(str((credentials or request.POST).get("username") or ""))


def fingerprint(username: str) -> str:
    return salted_hmac("companies.login_throttle", username.strip().lower(), algorithm="sha256").hexdigest()[:40]


def network(request: HttpRequest) -> str | None:
    """Client address, or the first one of its IPv6 network. None if the address is malformed."""
    try:
        return str(ip_network(client_network(request)).network_address)
    except ValueError:
        return None


@transaction.atomic
def serialize_logins(request: HttpRequest, log_in: Callable[[], HttpResponse]) -> HttpResponse:
    """Call `log_in` unless this network is trying this account right now: parallel guesses would outrun the counter."""
    if not try_lock(f"login {account(request)} {network(request)}"):
        return _lockout_page(request, seconds=RETRY_SECONDS)
    return log_in()


def lockout_response(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """Page of a locked login: the same for known and unknown accounts."""
    return _lockout_page(request, seconds=int(COOL_OFF.total_seconds()))


def is_locked(username: str) -> bool:
    """True if the account is locked for at least one network."""
    attempts = AccessAttempt.objects.filter(username=fingerprint(username), attempt_time__gt=_expiry())
    if _count_failures(attempts) >= ACCOUNT_LIMIT:
        return True
    by_network = attempts.order_by().values("ip_address").annotate(failures=Sum("failures_since_start"))
    return bool(by_network.filter(failures__gte=PAIR_LIMIT).exists())


def unlock(username: str) -> int:
    """Delete the counters of the account. Returns their number."""
    return int(AxesProxyHandler.reset_attempts(username=fingerprint(username)))


def delete_expired_attempts() -> int:
    deleted, _ = AccessAttempt.objects.filter(attempt_time__lte=_expiry()).delete()
    return int(deleted)


def _lockout_page(request: HttpRequest, *, seconds: int) -> HttpResponse:
    page = set_private_headers(render(request, "admin/lockout.html", {"minutes": seconds // 60}, status=429))
    page["Retry-After"] = str(seconds)
    return page


def _expiry() -> datetime:
    return timezone.now() - COOL_OFF


def _count_failures(attempts: Any) -> int:
    return int(attempts.aggregate(failures=Sum("failures_since_start"))["failures"] or 0)
