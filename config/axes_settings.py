"""Settings of axes: the rate limits of the login."""

from datetime import timedelta
from typing import Any

FAILURE_LIMIT = 5
COOL_OFF = timedelta(minutes=15)


def axes_settings(*, throttle: str) -> dict[str, Any]:
    """Return the settings. `throttle` is the module with the handler of logins."""
    return {
        # it has its own counters in place of AXES_LOCKOUT_PARAMETERS
        "AXES_HANDLER": f"{throttle}.LockoutHandler",
        "AXES_FAILURE_LIMIT": FAILURE_LIMIT,
        "AXES_COOLOFF_TIME": COOL_OFF,
        "AXES_RESET_ON_SUCCESS": True,
        "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
        "AXES_USERNAME_FORM_FIELD": "username",
        "AXES_USERNAME_CALLABLE": f"{throttle}.account",
        "AXES_CLIENT_IP_CALLABLE": f"{throttle}.network",
        "AXES_LOCKOUT_CALLABLE": f"{throttle}.lockout_response",
        "AXES_SENSITIVE_PARAMETERS": ["username", "ip_address", "csrfmiddlewaretoken", "next"],
        "AXES_DISABLE_ACCESS_LOG": True,
        "AXES_ENABLE_ADMIN": False,
        "AXES_VERBOSE": False,
    }
