"""Addresses of login pages, sent by programs or pasted by people. Latchkey never fetches them."""

import re
from string import whitespace
from urllib.parse import unquote, urlsplit, urlunsplit

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.exceptions import InvalidField
from config.typed_address import PLAIN
from config.typed_text import drop_unseen
from connections.models import Datasource, login_host
from connections.services.domains import is_public_name, registrable_domain
from connections.services.redirects import follow_redirects, is_redirect

MAX_URL_LENGTH = 500
BEFORE = whitespace + "<([{\"'“”„‘’‚«»‹›`*"
BEHIND = whitespace + ">)]}\"'“”„‘’‚«»‹›`*.,;:!?…"
URL_IN_TEXT = re.compile(r"https?://\S+", re.IGNORECASE)
HOST_AND_PATH = re.compile(r"[^\s@/?#;:]+\.[^\s@/?#;:.\d][^\s@/?#;:.]+\.?(:\d+)?([/?#;]\S*)?")
SCHEME = re.compile(r"\b(https?)(?::\s*/*|/{2,})\s*(?=\S)", re.IGNORECASE)
ENCODED_END = re.compile(r"(?:%[0-9a-f]{2})+\Z", re.IGNORECASE)
NO_WEB_PAGE = gettext_lazy("This is not the address of a web page that begins with https://.")
NOT_PUBLIC = gettext_lazy("This address does not lead to a provider’s public page.")


def check_provider_url(url: str, *, field: tuple[str | int, ...] = ("url",)) -> str:
    """Return the URL of a login page with its scheme in lower case and its host in ASCII (IDNA).

    The ASCII form shows letters that look alike. Rejects schemes other than https (and http in development), user
    names, and hosts without a public name. Follows the link of a search engine or mail filter (`follow_redirects`).
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
        raise InvalidField(field, str(NO_WEB_PAGE))
    target = follow_redirects(url, field=field)
    if target != url:
        return check_provider_url(target, field=field)
    if len(url) > MAX_URL_LENGTH:
        raise InvalidField(field, _("An address may have at most %(limit)s characters.") % {"limit": MAX_URL_LENGTH})
    if parts.username is not None or not is_public_name(parts.hostname or ""):
        raise InvalidField(field, str(NOT_PUBLIC))
    return url


def parse_login_page(text: str, *, field: tuple[str | int, ...] = ("url",)) -> str:
    """Return the address of a login page that a person pasted.

    Drops query, fragment, path parameters and user name, because they may hold a session or a token. Follows the link
    of a search engine or mail filter. The scheme may be missing. Raises `InvalidField` as `check_provider_url`.
    """
    plain = _with_scheme(text)
    try:
        _reject_false_host(plain, field)
        plain = _plain(follow_redirects(plain, field=field))
        _reject_false_host(plain, field)
        parts = urlsplit(plain)
    except ValueError:
        raise InvalidField(field, str(NO_WEB_PAGE)) from None
    host = parts.netloc.rpartition("@")[2].lower()
    path = _drop_encoded_end(parts.path.partition(";")[0])
    return check_provider_url(urlunsplit((parts.scheme, host, path, "", "")), field=field)


def leads_elsewhere(text: str) -> bool:
    """True if `parse_login_page` returns a page that the person who pasted the text did not see in it."""
    return is_redirect(_with_scheme(text))


def _with_scheme(text: str) -> str:
    plain = _plain(text)
    is_bare = not has_scheme(plain) and HOST_AND_PATH.fullmatch(plain)
    return f"https://{plain}" if is_bare else plain


def _reject_false_host(url: str, field: tuple[str | int, ...]) -> None:
    """Reject a user name that looks like a host: `https://bank.example@evil.example` leads to the second one."""
    user, _at, host = urlsplit(url).netloc.rpartition("@")
    shown = user.partition(":")[0].partition("\\")[0].partition("/")[0]
    is_address = "@" in unquote(user)
    if "\\" in user or (registrable_domain(shown) and not is_address):
        message = _(
            "This address looks like %(shown)s, but leads to %(host)s. Open the login page, and paste its address."
        )
        raise InvalidField(field, message % {"shown": shown, "host": host})


def _drop_encoded_end(path: str) -> str:
    """Drop blanks, unseen marks and punctuation that were encoded when the address was copied."""
    found = ENCODED_END.search(path)
    return path[: found.start()] if found and not drop_unseen(unquote(found[0])).strip(BEHIND) else path


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
    return is_public_name(host)


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


def _plain(text: str) -> str:
    plain = SCHEME.sub(r"\1://", drop_unseen(text).translate(PLAIN))
    found = set(URL_IN_TEXT.findall(plain))
    plain = found.pop() if len(found) == 1 else plain
    return plain.strip(BEFORE).lstrip("/").rstrip(BEHIND)


def _normalize_start(url: str) -> str:
    """Normalize scheme and host. Raises `ValueError` if the host has no ASCII form."""
    scheme, slashes, rest = url.partition("//")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    name, colon, port = host.partition(":")
    if not host.isascii():
        name = idna.encode(name, uts46=True).decode()
    return f"{scheme.lower()}{slashes}{name}{colon}{port}{rest[len(host) :]}"
