"""Origins of sites that may show the contributor's pages in a frame."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from companies.services.webhooks.targets import MAX_NAME_LENGTH, NAME
from config.env import USUAL_PORTS, ascii_host
from config.exceptions import InvalidField

MAX_ORIGINS = 20  # they stand in the header of each page
OF_THIS_MACHINE = ("localhost", "127.0.0.1")


def check_origins(origins: Sequence[str]) -> list[str]:
    """Return the origins as browsers write them, without duplicates.

    An origin is scheme, host and port. Raises `InvalidField` for a path, a wildcard, an address, more than 20 origins,
    and for http, except on this machine with `DEBUG`.
    """
    checked = [_check_origin(origin, index) for index, origin in enumerate(origins)]
    unique = list(dict.fromkeys(checked))
    if len(unique) > MAX_ORIGINS:
        message = _("Choose at most %(number)s origins.") % {"number": MAX_ORIGINS}
        raise InvalidField(("embedding_origins",), message, code="max_length")
    return unique


def _check_origin(text: str, index: int) -> str:
    origin = _normalize(text.strip())
    if origin is None:
        message = _("%(text)s is not an origin such as https://portal.example.com.") % {"text": text}
        raise InvalidField(("embedding_origins", index), message)
    return origin


def _normalize(text: str) -> str | None:
    """Return the origin as in RFC 6454, section 6.2; None if it is none, or not allowed."""
    if not text.isprintable() or " " in text or "\\" in text:  # urlsplit drops line breaks, browsers read \ as /
        return None
    try:
        parts = urlsplit(text)
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if not _is_allowed(parts.scheme, host) or parts.username is not None or port == 0:
        return None
    if parts.path not in ("", "/") or parts.query or parts.fragment or text.endswith(("?", "#", ":")):
        return None
    return f"{parts.scheme}://{host}" + ("" if port in (None, USUAL_PORTS[parts.scheme]) else f":{port}")


def _is_allowed(scheme: str, host: str) -> bool:
    """True for a host that browsers compare: not for addresses (CSP Level 3, section 6.7.2.9)."""
    if host in OF_THIS_MACHINE:
        return settings.DEBUG and scheme in USUAL_PORTS
    # browsers do not take an underscore in a policy
    return scheme == "https" and bool(NAME.fullmatch(host)) and "_" not in host and len(host) <= MAX_NAME_LENGTH
