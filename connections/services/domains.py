"""Names of hosts, by the list of public suffixes."""

import ipaddress
from functools import cache

from publicsuffixlist import PublicSuffixList

# host names of the machine itself and of its own network
LOCAL_SUFFIXES = (".localhost", ".localdomain", ".local", ".internal")
RESERVED_SUFFIXES = (".example", ".test")  # RFC 2606: for documents and tests


def registrable_domain(host: str) -> str | None:
    """Return the public suffix of a host and one label, such as `utility.co.uk`. None without a known suffix."""
    host = host.lower().rstrip(".")
    if host.endswith(RESERVED_SUFFIXES):
        return ".".join(host.split(".")[-2:])
    domain: str | None = _suffixes().privatesuffix(host)
    return domain


def is_public_name(host: str) -> bool:
    host = host.lower().rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not host.endswith(LOCAL_SUFFIXES) and registrable_domain(host) is not None
    return False


@cache
def _suffixes() -> PublicSuffixList:
    """Read the list that the package brings along."""
    return PublicSuffixList(accept_unknown=False, only_icann=True)
