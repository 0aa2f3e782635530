"""Who of the staff came in, tried to, and left: a line each in the log of the process.

What was typed as the user name stands there as the keyed hash by which wrong passwords are counted, never as it is:
people type their password there. Whoever came in has the same hash, beside their id.
"""

import logging

from django.http import HttpRequest

from companies.login_throttle import fingerprint
from companies.models import User
from config.http.client_address import client_address

logger = logging.getLogger("latchkey.staff")


def log_staff(request: HttpRequest, event: str, *, username: str, passed: bool = True) -> None:
    """`event`: `login`, `second factor` or `logout`, which `passed` or was refused; from which address, by whom."""
    user = request.user if isinstance(request.user, User) else None
    known = {
        "event": event,
        "result": "passed" if passed else "refused",
        "user": str(user.pk) if user else None,
        "account": fingerprint(username),
        "client": client_address(request),
    }
    logger.info("%(event)s %(result)s, user %(user)s, account %(account)s, from %(client)s", known, extra=known)
