"""Links of search engines, networks and mail filters, which lead to the page of another. Nothing is fetched."""

import base64
import binascii
import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.utils.translation import gettext as _

from config.exceptions import InvalidField
from connections.services.domains import registrable_domain

MAX_REDIRECTS = 5  # a mail filter wraps the link of a search engine
# by the first label of the domain, because they have one in each country
SEARCH_ENGINES = frozenset(
    ("google", "bing", "duckduckgo", "yahoo", "ecosia", "qwant", "startpage", "yandex", "baidu", "brave", "kagi")
)
NETWORKS = frozenset(("facebook", "instagram", "linkedin", "reddit", "twitter", "youtube", "slack-redir"))
MAIL_FILTERS = frozenset(
    (
        *("outlook", "urldefense", "proofpoint", "mimecast", "mimecastprotect", "cudasvc", "cisco", "sophos"),
        *("trendmicro", "fireeye", "avanan"),
    )
)
REDIRECTING = SEARCH_ENGINES | NETWORKS | MAIL_FILTERS
SHORTENERS = frozenset(
    (
        *("t.co", "bit.ly", "goo.gl", "lnkd.in", "tinyurl.com", "ow.ly", "buff.ly", "is.gd", "rb.gy", "cutt.ly"),
        *("shorturl.at", "rebrand.ly", "tiny.cc", "t.ly", "qrco.de", "aka.ms", "x.co", "bl.ink", "v.gd"),
    )
)
PAGE = re.compile(r"https?://", re.IGNORECASE)
# `…/v3/__https://portal.example__;…` of Proofpoint, `…/___https://portal.example___…` of Avanan
UNDERLINED = re.compile(r"_{2,3}(https?:/.+?)_{2,3}", re.IGNORECASE)
# `…/RU=https%3a%2f%2fportal.example/RK=…` of Yahoo, `…/1abc/https%3A%2F%2Fportal.example` of Cisco
ENCODED = re.compile(r"/(?:RU=)?(https?%3a%2f%2f[^/?#]+)", re.IGNORECASE)
TRANSLATED = ".translate.goog"
AMP = re.compile(r"/amp/s/(.+)")


def follow_redirects(url: str, *, field: tuple[str | int, ...] = ("url",)) -> str:
    """Return the page to which the link of a search engine, network or mail filter leads, else `url` itself.

    Raises `InvalidField` if the link does not name it, for a page of search results, and after five redirects.
    """
    for _redirect in range(MAX_REDIRECTS):
        parts = urlsplit(url)
        domain = registrable_domain(parts.hostname or "") or ""
        if not _redirects(domain):
            return url
        targets = _targets(parts)
        if len(targets) != 1:
            raise InvalidField(field, _no_target(domain, parts))
        url = targets.pop()
    raise InvalidField(field, _no_target(domain, parts))


def is_redirect(url: str) -> bool:
    """True for a link that `follow_redirects` follows or refuses."""
    return _redirects(registrable_domain(urlsplit(url).hostname or "") or "")


def _redirects(domain: str) -> bool:
    return domain.partition(".")[0] in REDIRECTING or domain in SHORTENERS or domain == TRANSLATED[1:]


def _targets(parts: SplitResult) -> set[str]:
    """Return the addresses in the link. The parameters of a search may hold any text, so they count for none."""
    if _is_search(parts):
        return set()
    if (parts.hostname or "").endswith(TRANSLATED):
        return {f"https://{_translated_host(parts.hostname or '')}{parts.path}"}
    found = {page for _name, value in parse_qsl(parts.query) for page in _decode(value)}
    whole = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if match := UNDERLINED.search(whole):
        found = {re.sub(r"^(https?:)/+", r"\1//", match[1], flags=re.IGNORECASE)}
    elif match := ENCODED.search(parts.path):
        found = {unquote(match[1])}
    elif match := AMP.match(parts.path):
        found = {f"https://{match[1]}"}
    return {page for page in found if PAGE.match(page)}


def _translated_host(host: str) -> str:
    """Return the host of a page of Google Translate, which writes `my-power.example` as `my--power-example`."""
    labels = host.removesuffix(TRANSLATED).split("--")
    return "-".join(label.replace("-", ".") for label in labels)


def _decode(value: str) -> list[str]:
    """Return the address that a parameter is: plain, as Bing's `a1` and Base64, or as Proofpoint's second version."""
    if PAGE.match(value):
        return [value]
    if re.match(r"https?-3A__", value):
        return [unquote(value.replace("_", "/").replace("-", "%"))]
    text = value.removeprefix("a1")
    try:
        return [base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()]
    except (binascii.Error, UnicodeDecodeError):
        return []


def _is_search(parts: SplitResult) -> bool:
    return parts.path.rstrip("/").rpartition("/")[2] == "search" or (
        parts.path in ("", "/") and any(name in ("q", "p", "query", "text") for name, _value in parse_qsl(parts.query))
    )


def _no_target(domain: str, parts: SplitResult) -> str:
    if domain.partition(".")[0] in SEARCH_ENGINES and _is_search(parts):
        return _("This is a page of search results. Open your provider’s own login page, and paste its address.")
    message = _("This address of %(domain)s only leads to another. Open it, and paste the address that you see then.")
    return message % {"domain": domain}
