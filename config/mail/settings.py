"""Mail settings from the environment: transport, sender and mail provider."""

from collections.abc import Mapping
from email.utils import getaddresses
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from config.env import PERCENT_ENCODE, is_percent_encoded

# django-environ has more schemes, among them smtps://, which it takes for STARTTLS
environ.Env.EMAIL_SCHEMES = {
    **dict.fromkeys(("smtp", "smtp+tls", "smtp+ssl"), "config.mail.smtp.EmailBackend"),
    "file": "config.mail.files.FileTransport",
    "console": "django.core.mail.backends.console.EmailBackend",
}
# django-anymail can switch tracking off for each mail; other providers have a setting in their own console
TRACKING_CAN_BE_DISABLED = frozenset(
    {"mailersend", "mailgun", "mailjet", "mandrill", "postmark", "sendgrid", "sparkpost", "unisender_go"}
)
# cannot send metadata with a mail, so their webhooks do not name the delivery
WITHOUT_METADATA = frozenset({"postal"})


def email_settings(url: str) -> dict[str, Any]:
    """Return Django's `EMAIL_*` settings. Rejects unknown schemes, missing hosts, bad ports and relative folders."""
    try:
        settings: dict[str, Any] = environ.Env.email_url_config(url)
        is_valid = not urlsplit(url).scheme.startswith("smtp") or (settings["EMAIL_HOST"] and is_percent_encoded(url))
    except (ImproperlyConfigured, ValueError):
        is_valid = False
    if not is_valid:  # without the value, which may contain a password
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp://host:25, smtp+tls://user:password@host:587 or file:///folder. "
            f"{PERCENT_ENCODE}"
        )
    if urlsplit(url).scheme == "file":
        settings["EMAIL_FILE_PATH"] = _folder(url)
    return settings


def check_sender(sender: str) -> str:
    """Return `name@example.com` or `Name <name@example.com>`. Rejects several addresses and line breaks."""
    try:
        ((_, address),) = getaddresses([sender])
        validate_email(address if sender.isprintable() else "")
    except (ValueError, ValidationError):
        raise ImproperlyConfigured("EMAIL_FROM must be one address, such as Latchkey <latchkey@example.com>.") from None
    return sender


def anymail_settings(provider: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return django-anymail's settings from the `ANYMAIL_*` variables, with tracking switched off.

    `true` and `false` become booleans. `ANYMAIL_REQUESTS_TIMEOUT` is in seconds. Several webhook secrets,
    separated by commas, are all valid.
    """
    if provider in WITHOUT_METADATA:
        raise ImproperlyConfigured(
            f"ANYMAIL_PROVIDER cannot be {provider}: its webhooks do not name the mail they are about."
        )
    settings: dict[str, Any] = {
        name.removeprefix("ANYMAIL_"): {"true": True, "false": False}.get(value.lower(), value)
        for name, value in environment.items()
        if name.startswith("ANYMAIL_") and name != "ANYMAIL_PROVIDER"
    }
    if secrets := environment.get("ANYMAIL_WEBHOOK_SECRET"):
        settings["WEBHOOK_SECRET"] = secrets.split(",")
    if timeout := environment.get("ANYMAIL_REQUESTS_TIMEOUT"):
        settings["REQUESTS_TIMEOUT"] = _seconds(timeout)
    if provider in TRACKING_CAN_BE_DISABLED:
        settings["SEND_DEFAULTS"] = {"track_opens": False, "track_clicks": False}
    return settings


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ImproperlyConfigured("ANYMAIL_REQUESTS_TIMEOUT must be a number of seconds, such as 30.")
    return int(text)


def _folder(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc or not parts.path.startswith("/") or not parts.path.strip("/"):
        raise ImproperlyConfigured("EMAIL_URL needs the absolute path of a folder: file:///folder, with three slashes.")
    return str(Path("/", unquote(parts.path).lstrip("/")))
