"""Guessing at the login: whoever has guessed too often waits. Counted by django-axes, in the database.

Three counts, each forgotten when nothing was added to it for `COOL_OFF`: of one account from one address, of one
account from anywhere (NIST SP 800-63B-4, on rate limiting: at most 100), and of one address at any account. What was
typed as the user name is kept as a keyed hash only: people type their password there.
"""

from collections.abc import Callable
from datetime import timedelta
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
AT_ACCOUNT_FROM_ADDRESS: int = settings.AXES_FAILURE_LIMIT
AT_ACCOUNT = 100
FROM_ADDRESS = 50
SECONDS_OF_A_GUESS = 2


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Axes, with a limit for each of the three counts."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """The fullest of the counts, as if each had the limit of the first."""
        pairs = zip(self.get_user_attempts(request, credentials), LIMITS, strict=True)
        return max(_failures(attempts) * AT_ACCOUNT_FROM_ADDRESS // limit for attempts, limit in pairs)

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Somebody logged in: forgets what was counted of their account from their address, and no more than that."""
        own, *_ = self.filter_user_attempts(request, credentials)
        deleted, _ = own.delete()
        return int(deleted)


# in the order of AXES_LOCKOUT_PARAMETERS
LIMITS = (AT_ACCOUNT_FROM_ADDRESS, AT_ACCOUNT, FROM_ADDRESS)


def account(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """What stands for the account in the counts, known or not."""
    return fingerprint(str((credentials or request.POST).get("username") or ""))


def fingerprint(username: str) -> str:
    return salted_hmac("companies.login_throttle", username.strip().lower(), algorithm="sha256").hexdigest()[:40]


def network(request: HttpRequest) -> str | None:
    """The client's address, or the first of the IPv6 network it owns; None if it is none."""
    try:
        return str(ip_network(client_network(request)).network_address)
    except ValueError:
        return None


@transaction.atomic
def serialize_logins(request: HttpRequest, log_in: Callable[[], HttpResponse]) -> HttpResponse:
    """`log_in`, unless the same address tries the same account this moment: many at once do not overrun the count."""
    if not try_lock(f"login {account(request)} {network(request)}"):
        return refusal(request, seconds=SECONDS_OF_A_GUESS)
    return log_in()


def lockout_response(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """The answer to whoever has guessed too often: the same for an account that exists and one that does not."""
    return refusal(request, seconds=int(COOL_OFF.total_seconds()))


def refusal(request: HttpRequest, *, seconds: int) -> HttpResponse:
    page = set_private_headers(render(request, "admin/lockout.html", {"minutes": seconds // 60}, status=429))
    page["Retry-After"] = str(seconds)
    return page


def is_locked(username: str) -> bool:
    """Whether this account is closed at present: to somebody's address, or to everybody."""
    attempts = AccessAttempt.objects.filter(username=fingerprint(username), attempt_time__gt=_since())
    if _failures(attempts) >= AT_ACCOUNT:
        return True
    by_address = attempts.order_by().values("ip_address").annotate(failures=Sum("failures_since_start"))
    return bool(by_address.filter(failures__gte=AT_ACCOUNT_FROM_ADDRESS).exists())


def unlock(username: str) -> int:
    """Forget what was counted of this account; returns how many counts that were."""
    return int(AxesProxyHandler.reset_attempts(username=fingerprint(username)))


def forget_attempts() -> int:
    """Delete the counts that no longer matter, with the addresses in them; returns how many."""
    deleted, _ = AccessAttempt.objects.filter(attempt_time__lte=_since()).delete()
    return int(deleted)


def _since() -> Any:
    return timezone.now() - COOL_OFF


def _failures(attempts: Any) -> int:
    return int(attempts.aggregate(failures=Sum("failures_since_start"))["failures"] or 0)
