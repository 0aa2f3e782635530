"""Process log of staff logins and logouts.

Logs the keyed hash of the typed user name instead of the name: people type passwords there.
"""

import logging

from django.http import HttpRequest

from companies.login_throttle import fingerprint
from companies.models import User
from config.http.client_address import client_address

logger = logging.getLogger("latchkey.staff")


def log_staff(request: HttpRequest, event: str, *, username: str, passed: bool = True) -> None:
    """Log a `login`, `second factor` or `logout`, with its result, user, account hash and client address."""
    user = request.user if isinstance(request.user, User) else None
    known = {
        "event": event,
        "result": "passed" if passed else "refused",
        "user": str(user.pk) if user else None,
        "account": fingerprint(username),
        "client": client_address(request),
    }
    logger.info("%(event)s %(result)s, user %(user)s, account %(account)s, from %(client)s", known, extra=known)
