"""Address and scheme of the client, as far as the trusted proxies report them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import takewhile
from typing import Any

from django.http import HttpRequest

# [2001:db8::1%eth0]:443, or an address that may have a port
HOP = re.compile(r"\[([0-9a-f:.]+)(?:%[^]]*)?\](?::[0-9]{1,5})?|([0-9a-f:.]+)(?:%.*)?", re.IGNORECASE)
PORT = re.compile(r":[0-9]{1,5}\Z")
# no address is as long; clients may send more, which the cache would keep
MAX_LENGTH = 100
# RFC 6052, 2.1: IPv4 clients of a network that has IPv6 only
NAT64 = IPv6Network("64:ff9b::/96")


def client_address(request: HttpRequest) -> str:
    """Return the client's address in its normal form. Empty if it is unknown, as behind a Unix socket."""
    return str(parse_address(request.META.get("REMOTE_ADDR", "")) or "")


def client_network(request: HttpRequest) -> str:
    """Return the key of rate limits: an IPv4 address, or the /64 of an IPv6 address, which has one owner."""
    address = parse_address(request.META.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address.packed, 64), strict=False))
    return str(address or "")


@lru_cache(1000)
def site_network(text: str) -> str:
    """Return the network of an organisation: the /24 of an IPv4 address, the /48 of an IPv6 address. Empty if unknown.

    It is no personal data: hundreds of addresses share it.
    """
    address = parse_address(text)
    if address is None:
        return ""
    return str(ip_network((address.packed, 24 if address.version == 4 else 48), strict=False))


@lru_cache(1000)
def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address without port, brackets, quotes and zone; IPv4 where it stands for one. None: no address."""
    match = HOP.fullmatch(text.strip(' \t"'))
    if match is None:
        return None
    found = match.group(1) or match.group(2)
    address = _address(found) or _address(PORT.sub("", found))
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or (IPv4Address(address.packed[-4:]) if address in NAT64 else address)
    return address


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def forwarded_addresses(meta: Mapping[str, Any], *, proxies: int) -> list[str]:
    """Return what the trusted proxies report in `X-Forwarded-For`, the nearest to us first.

    Each proxy appends the address that it sees. The list ends before the first value that is not an address, so that
    the client counts as its proxy.
    """
    hops = map(parse_address, _values(meta, "HTTP_X_FORWARDED_FOR")[:proxies])
    return [str(address) for address in takewhile(bool, hops)]


def forwarded_schemes(meta: Mapping[str, Any], *, proxies: int) -> list[str]:
    """Return what the trusted proxies report in `X-Forwarded-Proto`, in lower case, the nearest to us first."""
    return [value.lower() for value in _values(meta, "HTTP_X_FORWARDED_PROTO")[:proxies]]


def _values(meta: Mapping[str, Any], name: str) -> list[str]:
    """Return the values of a list header from the right, without blanks and quotes. Long ones are truncated."""
    values = str(meta.get(name, "")).split(",")
    return [value[:MAX_LENGTH] for each in reversed(values) if (value := each.strip(' \t"'))]
