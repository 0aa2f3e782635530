"""Django's `LOGGING`: everything to standard error, redacted."""

from typing import Any


def logging_settings(*, level: str, plain: bool) -> dict[str, Any]:
    """Return the settings: lines for a terminal if `plain`, else JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "config.redaction.JSONFormatter"},
            "plain": {"()": "config.redaction.PlainFormatter"},
        },
        "filters": {"security": {"()": "config.redaction.SecurityLogFilter"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "plain" if plain else "json",
                "filters": ["security"],
            },
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            # the access log has the same line, with the request id
            "django.server": {"handlers": [], "propagate": False},
            "django.request": {"level": "ERROR"},
            "procrastinate": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
        },
    }
