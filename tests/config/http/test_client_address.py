"""The client's address behind proxies, and the network that rate limits count."""

from django.test import RequestFactory, override_settings

from config.http.client_address import client_address, client_network


def test_address_is_before_the_trusted_proxies():
    for proxies, forwarded, address in (
        (0, None, "10.0.0.9"),
        (0, "1.1.1.1", "10.0.0.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, " , ", "10.0.0.9"),
    ):
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        request = RequestFactory(REMOTE_ADDR="10.0.0.9").get("/", headers=headers)

        with override_settings(TRUSTED_PROXIES=proxies):
            assert client_address(request) == address


def test_network_of_ipv6_is_its_64():
    for address, network in (
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ):
        assert client_network(RequestFactory(REMOTE_ADDR=address).get("/")) == network
