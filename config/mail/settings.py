"""By what way mails leave, in whose name, and what a mail provider is told, from the environment."""

from collections.abc import Mapping
from email.utils import getaddresses
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

# and no others: django-environ takes smtps:// for STARTTLS, which is not what it says
environ.Env.EMAIL_SCHEMES = {
    **dict.fromkeys(("smtp", "smtp+tls", "smtp+ssl"), "django.core.mail.backends.smtp.EmailBackend"),
    "file": "config.dev.mailbox.FileTransport",
    "console": "django.core.mail.backends.console.EmailBackend",
}
# those of django-anymail's that can be told for each mail; where another one tracks is set in its own pages
CAN_LEAVE_TRACKING = frozenset(
    {"mailersend", "mailgun", "mailjet", "mandrill", "postmark", "sendgrid", "sparkpost", "unisender_go"}
)
# cannot carry the name of a delivery with a mail, by which its notices are told apart
WITHOUT_NAMES = frozenset({"postal"})


def transport_settings(url: str) -> dict[str, Any]:
    """Django's `EMAIL_…` settings for an `EMAIL_URL`.

    Refuses a scheme it does not know, a mail server without a name or with a port that is none, and a folder that is
    none.
    """
    try:
        settings: dict[str, Any] = environ.Env.email_url_config(url)
        is_whole = bool(settings["EMAIL_HOST"]) or not urlsplit(url).scheme.startswith("smtp")
    except (ImproperlyConfigured, ValueError):
        is_whole = False
    if not is_whole:  # not as it was given: there may be a password in it
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp://host:25, smtp+tls://user:password@host:587 or file:///folder."
        )
    if urlsplit(url).scheme == "file":
        settings["EMAIL_FILE_PATH"] = _folder(url)
    return settings


def check_sender(sender: str) -> str:
    """`name@example.com` or `Name <name@example.com>`; refuses what is no address, more than one, or a line break."""
    try:
        ((_, address),) = getaddresses([sender])
        validate_email(address if sender.isprintable() else "")
    except (ValueError, ValidationError):
        raise ImproperlyConfigured(
            "EMAIL_FROM is an address, such as Latchkey <latchkey@example.com>: it is the sender of every mail."
        ) from None
    return sender


def provider_settings(provider: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """django-anymail's settings: each `ANYMAIL_…` of the environment, and that no mail is tracked.

    `true` and `false` are what they say; `ANYMAIL_REQUESTS_TIMEOUT` is in seconds. Refuses a provider that cannot say
    of which mail a notice is, and a timeout that is no number.
    """
    if provider in WITHOUT_NAMES:
        raise ImproperlyConfigured(
            f"ANYMAIL_PROVIDER cannot be {provider}: its notices do not say of which mail they are."
        )
    settings: dict[str, Any] = {
        name.removeprefix("ANYMAIL_"): {"true": True, "false": False}.get(value.lower(), value)
        for name, value in environment.items()
        if name.startswith("ANYMAIL_") and name != "ANYMAIL_PROVIDER"
    }
    if timeout := environment.get("ANYMAIL_REQUESTS_TIMEOUT"):
        settings["REQUESTS_TIMEOUT"] = _seconds(timeout)
    if provider in CAN_LEAVE_TRACKING:
        settings["SEND_DEFAULTS"] = {"track_opens": False, "track_clicks": False}
    return settings


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ImproperlyConfigured("ANYMAIL_REQUESTS_TIMEOUT must be a number of seconds, such as 30.")
    return int(text)


def _folder(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc or not parts.path.startswith("/") or not parts.path.strip("/"):
        raise ImproperlyConfigured("EMAIL_URL names a folder by its whole path: file:///folder, with three slashes.")
    return str(Path("/", unquote(parts.path).lstrip("/")))
