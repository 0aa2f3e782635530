"""Message-IDs of mails (RFC 5322, 3.6.4)."""

from urllib.parse import urlsplit

from django.conf import settings


def message_id(reference: object) -> str:
    """Return the Message-ID of a reference: the same for every attempt, so that receivers drop duplicates."""
    return f"<{reference}@{urlsplit(settings.PUBLIC_URL).hostname}>"
