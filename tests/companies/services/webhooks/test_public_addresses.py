from ipaddress import ip_address, ip_network

from companies.services.webhooks.public_addresses import NOT_PUBLIC_4, NOT_PUBLIC_6, PUBLIC_6, is_public

PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.0", "169.253.255.255", "172.15.255.255"),
    *("172.32.0.0", "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255"),
    *("2606:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001::1", "2001:200::1"),
)
NOT_PUBLIC = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.255"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "168.63.129.16", "192.31.196.1", "192.52.193.1", "192.175.48.1"),
    *("::", "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:0:4136:e378::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1"),
    *(
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "fec0::1",
        "ff02::1",
        "2620:4f:8000::1",
        "4000::1",
    ),
)


def test_public_addresses_are_told_apart():
    found = {address: is_public(ip_address(address)) for address in PUBLIC + NOT_PUBLIC}

    assert found == dict.fromkeys(PUBLIC, True) | dict.fromkeys(NOT_PUBLIC, False)


def test_python_knows_no_other_special_network():
    """Each address at the edge of one of our networks that Python calls special is refused, too."""
    networks = (*NOT_PUBLIC_4, *NOT_PUBLIC_6, PUBLIC_6, ip_network("0.0.0.0/0"))
    edges = {
        network[index] + step
        for network in networks
        for index in (0, -1)
        for step in (-1, 0, 1)
        if 0 <= int(network[index]) + step < 2**network.max_prefixlen
    }

    assert {edge for edge in edges if is_public(edge) and not edge.is_global} == set()
