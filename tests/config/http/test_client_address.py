"""The client's address and scheme behind proxies, and the network that rate limits count."""

from django.test import RequestFactory

from config.http.client_address import (
    client_address,
    client_network,
    forwarded_addresses,
    forwarded_schemes,
    parse_address,
    site_network,
)


def test_addresses_lose_ports_brackets_and_zones():
    wanted = {
        "203.0.113.9": "203.0.113.9",
        " 203.0.113.9 ": "203.0.113.9",
        "203.0.113.9:51234": "203.0.113.9",
        '"203.0.113.9:51234"': "203.0.113.9",
        "[203.0.113.9]:443": "203.0.113.9",
        "2001:DB8::0001": "2001:db8::1",
        "[2001:db8::1]": "2001:db8::1",
        "[2001:db8::1]:443": "2001:db8::1",
        '"[2001:db8::1]:443"': "2001:db8::1",
        "fe80::1%eth0": "fe80::1",
        "[fe80::1%25eth0]:443": "fe80::1",
        "::ffff:203.0.113.9": "203.0.113.9",
        "[::ffff:cb00:7109]:443": "203.0.113.9",
        "64:ff9b::203.0.113.9": "203.0.113.9",
        # a port that can only be one
        "::ffff:203.0.113.9:51234": "203.0.113.9",
        "2001:db8:0:1:2:3:4:5:51234": "2001:db8:0:1:2:3:4:5",
    }
    assert {text: str(parse_address(text)) for text in wanted} == wanted


def test_texts_without_an_address_give_none():
    texts = (
        "",
        "unknown",
        "_hidden",
        ":443",
        "1.2.3",
        "999.1.1.1",
        "010.0.0.1",
        "1.2.3.4:",
        "1.2.3.4:x",
        "[::1",
        "::1]",
    )
    texts += ("[]:443", "1.2.3.4 5.6.7.8", "<script>", "localhost", "1.2.3.4:123456", "2001:db8::g", "١.١.١.١", "unix:")
    assert {text: parse_address(text) for text in texts} == dict.fromkeys(texts)


def test_trusted_proxies_are_read_from_the_right():
    wanted = {
        (1, ""): [],
        (1, " , "): [],
        (0, "1.1.1.1"): [],
        (1, "1.1.1.1"): ["1.1.1.1"],
        (1, "6.6.6.6, 1.1.1.1:50000"): ["1.1.1.1"],
        (1, "6.6.6.6,[2001:db8::1]:50000"): ["2001:db8::1"],
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2"): ["2.2.2.2", "1.1.1.1"],
        (2, "2.2.2.2"): ["2.2.2.2"],
        (2, "unknown, 2.2.2.2"): ["2.2.2.2"],
        (2, "1.1.1.1, unknown"): [],
        (1, "1" * 100_000): [],
        (1, f"fe80::1%{'z' * 100_000}"): ["fe80::1"],
    }
    got = {(n, said): forwarded_addresses({"HTTP_X_FORWARDED_FOR": said}, proxies=n) for n, said in wanted}
    assert got == wanted


def test_schemes_ignore_case_and_forged_values():
    wanted = {
        (0, "https"): [],
        (1, ""): [],
        (1, "HTTPS"): ["https"],
        (1, '"Https"'): ["https"],
        (1, "https, http"): ["http"],
        (1, "http,HTTPS"): ["https"],
        (2, "HTTPS, http"): ["http", "https"],
    }
    got = {(n, said): forwarded_schemes({"HTTP_X_FORWARDED_PROTO": said}, proxies=n) for n, said in wanted}
    assert got == wanted


def test_network_of_ipv6_is_its_64():
    wanted = {
        "203.0.113.7": "203.0.113.7",
        "::ffff:203.0.113.7": "203.0.113.7",
        "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
        "2001:db8:1:2::": "2001:db8:1:2::/64",
        "2001:DB8:1:2:ffff:ffff:ffff:ffff": "2001:db8:1:2::/64",
        "2001:db8:1:3::1": "2001:db8:1:3::/64",
        "fe80::1%eth0": "fe80::/64",
        "::1": "::/64",
        "unix:": "",
        "": "",
    }
    assert {peer: client_network(RequestFactory(REMOTE_ADDR=peer).get("/")) for peer in wanted} == wanted


def test_address_has_one_normal_form():
    for peer, address in {"2001:DB8::0001": "2001:db8::1", "::ffff:203.0.113.7": "203.0.113.7", "unix:": ""}.items():
        assert client_address(RequestFactory(REMOTE_ADDR=peer).get("/")) == address


def test_networks_of_organisations_are_wide():
    wanted = {
        "203.0.113.7": "203.0.113.0/24",
        "::ffff:203.0.113.7": "203.0.113.0/24",
        "[2001:db8:1:2::3]:443": "2001:db8:1::/48",
        "unix:": "",
    }
    assert {text: site_network(text) for text in wanted} == wanted
