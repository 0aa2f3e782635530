"""Addresses of the public internet: everything else is refused as the target of a webhook.

From the special-purpose registries of IANA (RFC 6890 and its updates), and independent of the version of Python.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # a service of Azure inside each of its machines
        ),
    )
)
# global unicast; mapped and translated IPv4 addresses, local and link-local ones and multicast are outside
PUBLIC_6 = IPv6Network("2000::/3")
NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, among them Teredo, which contains an IPv4 address
            "2001:db8::/32",
            "2002::/16",  # 6to4, which contains an IPv4 address
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    # a zone (RFC 6874) is an interface of our machine, and any text
    return address.scope_id is None and address in PUBLIC_6 and not any(address in network for network in NOT_PUBLIC_6)
