"""URLs of webhook endpoints. Only this module reads them: the checked host and port are those that are used."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, urlsplit

import idna
from django.conf import settings
from django.utils.translation import gettext as _

from companies.services.webhooks.public_addresses import is_public
from config.exceptions import InvalidField

MAX_URL_LENGTH = 500
PORTS = {"https": 443, "http": 80}
LOWEST_PORT = 1025
# the last label has a letter and is no hexadecimal number: resolvers read `127.1`, `0x7f000001` and `017700000001`
# as addresses
NAME = re.compile(r"(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!0x[0-9a-f]*$)(?=[a-z0-9-]*[a-z])(?!-)[a-z0-9-]{2,63}(?<!-)")
MAX_NAME_LENGTH = 253
# names of one machine or one network, and those that are never public: RFC 2606, 6761, 6762, 7686, 8375, 9476, ICANN
LOCAL_SUFFIXES = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "home.arpa",
    "lan",
    "test",
    "invalid",
    "onion",
    "alt",
)
# percent-encoding stays; everything that RFC 3986 does not allow in a path or query is encoded
PATH_CHARACTERS = "%/:?@!$&'()*+,;=-._~[]"


@dataclass(frozen=True)
class Target:
    """Destination of a message. `host` is a name in ASCII and lower case, or an address as `ipaddress` writes it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def check_url(url: str, *, field: tuple[str | int, ...] = ("url",)) -> str:
    """Return the URL in its normal form. Raises `InvalidField` for one to which nothing may be sent.

    A name that leads to a private address is found out when connecting.
    """
    return parse_target(url, field=field).url


def parse_target(url: str, *, field: tuple[str | int, ...] = ("url",)) -> Target:
    """Return the parts of the URL. Raises `InvalidField` as `check_url`."""
    url = url.strip()
    if not url.isprintable() or re.search(r"[\s\\]", url):  # urlsplit drops line breaks, browsers read \ as /
        raise InvalidField(field, _("A web address has no blanks, line breaks or backslashes."))
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        has_login = "@" in parts.netloc
    except ValueError:
        raise InvalidField(field, _("This is not a web address.")) from None
    _check_scheme(parts.scheme, field)
    if has_login:
        raise InvalidField(field, _("Leave out the user name and the password in front of the @."))
    if parts.fragment:
        raise InvalidField(field, _("Leave out the part after the #: it is never sent."))
    target = Target(
        scheme=parts.scheme,
        host=_check_host(host, field),
        port=_check_port(port, parts.scheme, field),
        path=quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=PATH_CHARACTERS),
    )
    if len(target.url) > MAX_URL_LENGTH:
        raise InvalidField(field, _("A URL may have at most %(limit)s characters.") % {"limit": MAX_URL_LENGTH})
    return target


def is_allowed(address: IPv4Address | IPv6Address) -> bool:
    """True for a public address, and for each one in development with `WEBHOOK_ALLOW_PRIVATE`."""
    return bool(settings.WEBHOOK_ALLOW_PRIVATE) or is_public(address)


def _check_scheme(scheme: str, field: tuple[str | int, ...]) -> None:
    if scheme == "http" and settings.WEBHOOK_ALLOW_PRIVATE:
        return
    if scheme != "https":
        raise InvalidField(field, _("The address must begin with https://."))


def _check_port(port: int | None, scheme: str, field: tuple[str | int, ...]) -> int:
    port = PORTS[scheme] if port is None else port
    if port != PORTS[scheme] and port < LOWEST_PORT:
        raise InvalidField(field, _("Use port 443, or one above 1024."))
    return port


def _check_host(host: str, field: tuple[str | int, ...]) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return _check_name(host, field)
    if not is_allowed(address):
        raise InvalidField(field, _("This address is not on the public internet."))
    return str(address)


def _check_name(host: str, field: tuple[str | int, ...]) -> str:
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except ValueError:
        name = ""
    name = name.removesuffix(".")
    if not NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        raise InvalidField(field, _("This is not the name of a host, such as hooks.example.com."))
    is_local = "." not in name or name.endswith(tuple(f".{suffix}" for suffix in LOCAL_SUFFIXES))
    if is_local and not settings.WEBHOOK_ALLOW_PRIVATE:
        raise InvalidField(field, _("This name is not on the public internet."))
    return name
