"""Browsers and networks from which a member of staff has logged in.

They keep login attempts of their own, so that strangers who guess passwords cannot lock an account for its owner. OWASP
describes the signed cookie: "Slow Down Online Guessing Attacks with Device Cookies".
"""

import secrets
from typing import TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from companies.models import KNOWN_FOR, KnownNetwork, User
from config.crypto.keyed_hash import keyed_hash, keyed_hashes
from config.http.client_address import client_network

SALT = "companies.known_clients"
ACCOUNT_SALT, NETWORK_SALT = f"{SALT}.account", f"{SALT}.network"

Response = TypeVar("Response", bound=HttpResponseBase)


def remember_client(request: HttpRequest, response: Response, user: User) -> Response:
    """Remember browser and network after a complete login. Another member's cookie in this browser is replaced."""
    if network := client_network(request):
        user.known_networks.update_or_create(
            digest=keyed_hash(NETWORK_SALT, network).hex(), defaults={"last_login_at": timezone.now()}
        )
    device = known_device(request, user.email) or secrets.token_hex(16)
    response.set_cookie(
        _cookie_name(),
        signing.dumps([_accounts(user.email)[0], device], salt=SALT),
        max_age=KNOWN_FOR,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def known_device(request: HttpRequest, username: str) -> str | None:
    """Return the id of the browser if the account has logged in with it."""
    try:
        account, device = signing.loads(request.COOKIES.get(_cookie_name(), ""), salt=SALT, max_age=KNOWN_FOR)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return device if account in _accounts(username) else None


def is_known_network(request: HttpRequest, username: str) -> bool:
    """True if the account has logged in from the client's network. The query is the same for an unknown account."""
    network = client_network(request)
    recent = KnownNetwork.objects.filter(last_login_at__gt=timezone.now() - KNOWN_FOR)
    digests = [each.hex() for each in keyed_hashes(NETWORK_SALT, network)]
    return bool(network) and recent.filter(user__email=username.strip().lower(), digest__in=digests).exists()


def forget_old_networks() -> int:
    deleted, _ = KnownNetwork.objects.filter(last_login_at__lte=timezone.now() - KNOWN_FOR).delete()
    return deleted


def _cookie_name() -> str:
    return "__Host-staff-device" if settings.SECURE else "staff-device"


def _accounts(username: str) -> list[str]:
    """Return the name's hashes, the current one first."""
    return [each.hex()[:40] for each in keyed_hashes(ACCOUNT_SALT, username.strip().lower())]
