"""Login throttling by django-axes.

Axes counts failures by (account, network), by account (NIST SP 800-63B-4: at most 100) and by network. A counter
expires `COOL_OFF` after its last failure. Accounts are stored as keyed hashes: people type passwords as user names.

A browser or network that logged in before has a counter of its own (`companies.known_clients`).
"""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from ipaddress import ip_network
from operator import or_
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.contrib.auth import REDIRECT_FIELD_NAME, authenticate
from django.db import transaction
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from companies.known_clients import is_known_network, known_device
from config.axes_settings import COOL_OFF, FAILURE_LIMIT
from config.crypto.keyed_hash import keyed_hashes
from config.db.advisory_locks import try_lock
from config.http.client_address import client_network
from config.http.headers import set_private_headers
from config.http.kept_entries import KEPT_FIELD
from config.monitoring.limits import LIMIT_REFUSALS
from config.monitoring.metrics import Counter

PAIR_LIMIT = FAILURE_LIMIT
ACCOUNT_LIMIT = 100
NETWORK_LIMIT = 50
RETRY_SECONDS = 2
LOGIN_REFUSALS = Counter(
    "login_refusals_total",
    "Logins of staff that were refused.",
    ["reason"],
    known=[("wrong_password",), ("locked",), ("wrong_code",)],
)
DEVICE = ":"  # between account and device, in the `username` of Axes


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Axes handler with a limit for each counter."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the fullest counter, scaled to the limit that Axes compares with."""
        recent = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
        return max(
            _count_failures(recent.filter(**which)) * PAIR_LIMIT // limit
            for which, limit in counters(request, credentials)
        )

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        LOGIN_REFUSALS.count("locked" if getattr(request, "axes_locked_out", False) else "wrong_password")
        super().user_login_failed(sender, credentials, request, **kwargs)

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Reset the client's own counter after a login. Those of other clients stay."""
        (own, _), *_others = counters(request, credentials)
        deleted, _ = AccessAttempt.objects.filter(**own).delete()
        return int(deleted)


def counters(request: HttpRequest, credentials: dict[str, Any] | None = None) -> list[tuple[dict[str, Any], int]]:
    """Return the counters of a login with their limits: which attempts each one counts. The client's own is first.

    A known browser or network has only its own: the attempts of others cannot lock it. Clients without an address have
    no counter of their network, or they would all be one client.
    """
    names, address = _accounts(request, credentials), network(request)
    own = {"username__in": names, "ip_address": address}
    if DEVICE in names[0]:
        return [({"username__in": names}, PAIR_LIMIT)]
    if is_known_network(request, _typed(request, credentials)):
        return [(own, PAIR_LIMIT)]
    strangers: list[tuple[dict[str, Any], int]] = [(own, PAIR_LIMIT), ({"username__in": names}, ACCOUNT_LIMIT)]
    return strangers if address is None else [*strangers, ({"ip_address": address}, NETWORK_LIMIT)]


def account(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the fingerprint of the account, with the device of a browser that it knows."""
    return _accounts(request, credentials)[0]


def fingerprint(username: str) -> str:
    return fingerprints(username)[0]


def fingerprints(username: str) -> list[str]:
    """Return the name's hashes by `SECRET_KEY` and its fallbacks, so that a rotation forgets no failure."""
    return [each.hex()[:40] for each in keyed_hashes("companies.login_throttle", username.strip().lower())]


def network(request: HttpRequest) -> str | None:
    """Client address, or the first one of its IPv6 network. None if the address is malformed."""
    try:
        return str(ip_network(client_network(request)).network_address)
    except ValueError:
        return None


@transaction.atomic
def serialize_logins(request: HttpRequest, username: str, log_in: Callable[[], HttpResponse]) -> HttpResponse:
    """Call `log_in` unless this client is trying this account right now: parallel guesses would outrun the counter."""
    (own, _), *_others = counters(request, {"username": username})
    if not try_lock(f"login {sorted(own.items())}"):
        return _lockout_page(request, seconds=RETRY_SECONDS)
    return log_in()


@sensitive_variables()
def is_own_password(request: HttpRequest, password: str) -> bool:
    """True if it is the password of the logged-in user. A wrong one counts as at the login."""
    user: Any = request.user
    return bool(authenticate(request, username=user.get_username(), password=password) == user)


def lockout_response(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """Page of a locked login: the same for known and unknown accounts."""
    return _lockout_page(request, seconds=int(COOL_OFF.total_seconds()))


def is_locked(username: str) -> bool:
    """True if the account is locked for at least one client."""
    recent = AccessAttempt.objects.filter(attempt_time__gt=_expiry()).order_by()
    strangers, devices = recent.filter(username__in=fingerprints(username)), recent.filter(_of_devices(username))
    if _count_failures(strangers) >= ACCOUNT_LIMIT:
        return True
    return any(
        clients.annotate(failures=Sum("failures_since_start")).filter(failures__gte=PAIR_LIMIT).exists()
        for clients in (strangers.values("ip_address"), devices.values("username"))
    )


def unlock(username: str) -> int:
    """Delete the counters of the account, also those of its browsers. Returns their number."""
    strangers = Q(username__in=fingerprints(username))
    deleted, _ = AccessAttempt.objects.filter(strangers | _of_devices(username)).delete()
    return int(deleted)


def delete_expired_attempts() -> int:
    deleted, _ = AccessAttempt.objects.filter(attempt_time__lte=_expiry()).delete()
    return int(deleted)


def _accounts(request: HttpRequest, credentials: dict[str, Any] | None) -> list[str]:
    username = _typed(request, credentials)
    device = known_device(request, username)
    return [f"{name}{DEVICE}{device}" if device else name for name in fingerprints(username)]


def _of_devices(username: str) -> Q:
    return reduce(or_, (Q(username__startswith=f"{name}{DEVICE}") for name in fingerprints(username)))


def _typed(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    return str((credentials or request.POST).get("username") or "")


def _lockout_page(request: HttpRequest, *, seconds: int) -> HttpResponse:
    LIMIT_REFUSALS.count("login")
    waiting = {"kept": request.POST.get(KEPT_FIELD), "next": request.POST.get(REDIRECT_FIELD_NAME)}
    context = waiting | {"minutes": seconds // 60}
    page = set_private_headers(render(request, "admin/lockout.html", context, status=429))
    page["Retry-After"] = str(seconds)
    return page


def _expiry() -> datetime:
    return timezone.now() - COOL_OFF


def _count_failures(attempts: Any) -> int:
    return int(attempts.aggregate(failures=Sum("failures_since_start"))["failures"] or 0)
