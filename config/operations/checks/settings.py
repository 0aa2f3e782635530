"""Checks of the settings, which ask nothing outside of this process."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import run_checks

from config.operations.finding import Finding


def check_settings() -> Iterator[Finding]:
    """Yield the warnings of `manage.py check --deploy`, or that this is a development machine."""
    if settings.DEBUG:
        yield Finding(
            "Settings",
            "DEBUG is on: errors show the inside of the program, and the keys may be public.",
            "Set SECRET_KEY, ENCRYPTION_KEYS, PUBLIC_URL and ALLOWED_HOSTS before others use it.",
            is_grave=False,
        )
    for warning in run_checks(include_deployment_checks=not settings.DEBUG):
        if not warning.is_silenced():
            yield Finding("Settings", warning.msg, warning.hint or "", is_grave=warning.is_serious())


def check_proxies() -> Iterator[Finding]:
    if settings.SECURE and not settings.TRUSTED_PROXIES:
        yield Finding(
            "Settings",
            "PUBLIC_URL is https, but no proxy is trusted: every request is redirected to itself.",
            "Set TRUSTED_PROXIES to the number of proxies in front, usually 1.",
        )
