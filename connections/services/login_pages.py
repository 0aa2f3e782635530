"""Addresses of login pages, sent by programs or pasted by people. Latchkey never fetches them."""

import ipaddress
import re
from functools import cache
from string import whitespace
from urllib.parse import urlsplit, urlunsplit

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from publicsuffixlist import PublicSuffixList

from config.exceptions import InvalidField
from config.typed_address import PLAIN
from config.typed_text import drop_unseen
from connections.models import Datasource, login_host

MAX_URL_LENGTH = 500
# host names of the machine itself and of its own network
LOCAL_SUFFIXES = (".localhost", ".localdomain", ".local", ".internal")
RESERVED_SUFFIXES = (".example", ".test")  # RFC 2606: for documents and tests
BEFORE = whitespace + "<([{\"'“”„‘’‚«»‹›`*"
BEHIND = whitespace + ">)]}\"'“”„‘’‚«»‹›`*.,;:!?…"
URL_IN_TEXT = re.compile(r"https?:/{1,3}\S+", re.IGNORECASE)
HOST_AND_PATH = re.compile(r"[^\s@/?#;:]+\.[^\s@/?#;:.\d][^\s@/?#;:.]+\.?(:\d+)?([/?#;]\S*)?")
NO_WEB_PAGE = "This is not the address of a web page that begins with https://."
NOT_PUBLIC = "This address does not lead to a provider’s public page."


def check_provider_url(url: str, *, field: tuple[str | int, ...] = ("url",)) -> str:
    """Return the URL of a login page with its scheme in lower case and its host in ASCII (IDNA).

    The ASCII form shows letters that look alike. Rejects schemes other than https (and http in development), user
    names, and hosts without a public name.
    """
    schemes = ["https", "http"] if settings.DEBUG else ["https"]
    try:
        url = _normalize_start(url)
        URLValidator(schemes=schemes)(url)
        parts = urlsplit(url)
        is_whole = parts.port != 0 and url.isprintable()  # asking for the port refuses those over 65535
    except (ValidationError, ValueError):
        is_whole = False
    if not is_whole:
        raise InvalidField(field, NO_WEB_PAGE)
    if len(url) > MAX_URL_LENGTH:
        raise InvalidField(field, _("An address may have at most %(limit)s characters.") % {"limit": MAX_URL_LENGTH})
    if parts.username is not None or not _is_public_name(parts.hostname or ""):
        raise InvalidField(field, NOT_PUBLIC)
    return url


def parse_login_page(text: str, *, field: tuple[str | int, ...] = ("url",)) -> str:
    """Return the address of a login page that a person pasted.

    Drops query, fragment, path parameters and user name, because they may hold a session or a token. The scheme may
    be missing. Raises `InvalidField` as `check_provider_url`.
    """
    plain = _plain(text)
    if not has_scheme(plain) and HOST_AND_PATH.fullmatch(plain):
        plain = f"https://{plain}"
    try:
        parts = urlsplit(plain)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        raise InvalidField(field, NO_WEB_PAGE) from None
    return check_provider_url(urlunsplit((parts.scheme, host, parts.path.partition(";")[0], "", "")), field=field)


def looks_like_page(text: str) -> bool:
    """True for the address of a web page, also without its scheme: the host must have a public suffix.

    `E.ON`, `Co.op` and `St.Gallen` are names.
    """
    plain = _plain(text)
    if has_scheme(plain):
        return True
    if not HOST_AND_PATH.fullmatch(plain):
        return False
    try:
        host = urlsplit(_normalize_start(f"https://{plain}")).hostname or ""
    except ValueError:
        return False
    return _is_public_name(host)


def has_scheme(text: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", text, re.IGNORECASE) is not None


def find_by_page(url: str) -> Datasource | None:
    """Return the only provider whose login page has the host of `url`.

    A home page, such as `www.utility.example`, also finds the only provider with a login page on its domain. Another
    host of the domain finds none: it may lead elsewhere.
    """
    host = login_host(url)
    domain = registrable_domain(host)
    rows = (
        Datasource.objects.filter(login_url__icontains=domain, is_sandbox=False)
        if domain
        else Datasource.objects.none()
    )
    near = [row for row in rows if registrable_domain(row.host) == domain]
    same = [row for row in near if login_host(row.login_url) == host]
    found = same or (near if host == domain else [])
    return found[0] if len(found) == 1 else None


def registrable_domain(host: str) -> str | None:
    """Return the public suffix of a host and one label, such as `utility.co.uk`. None without a known suffix."""
    host = host.lower().rstrip(".")
    if host.endswith(RESERVED_SUFFIXES):
        return ".".join(host.split(".")[-2:])
    domain: str | None = _suffixes().privatesuffix(host)
    return domain


@cache
def _suffixes() -> PublicSuffixList:
    """Read the list that the package brings along."""
    return PublicSuffixList(accept_unknown=False, only_icann=True)


def _plain(text: str) -> str:
    plain = drop_unseen(text).translate(PLAIN)
    found = URL_IN_TEXT.findall(plain)
    plain = found[0] if len(found) == 1 else plain
    return re.sub(r"^(https?):/+", r"\1://", plain.strip(BEFORE).rstrip(BEHIND), flags=re.IGNORECASE)


def _normalize_start(url: str) -> str:
    """Normalize scheme and host. Raises `ValueError` if the host has no ASCII form."""
    scheme, slashes, rest = url.partition("//")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    name, colon, port = host.partition(":")
    if not host.isascii():
        name = idna.encode(name, uts46=True).decode()
    return f"{scheme.lower()}{slashes}{name}{colon}{port}{rest[len(host) :]}"


def _is_public_name(host: str) -> bool:
    host = host.lower().rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not host.endswith(LOCAL_SUFFIXES) and registrable_domain(host) is not None
    return False
