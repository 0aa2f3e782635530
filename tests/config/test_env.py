"""Readers of environment variables."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import (
    LOG_LEVELS,
    check_debug_hosts,
    check_encryption_keys,
    check_hosts,
    check_public_url,
    check_required,
    check_secret_keys,
    check_webhook_targets,
    is_local_host,
    read_integer,
    read_log_level,
)

KNOWN = "known-to-everybody-and-for-development-only"


def message(read, *args, **options):
    with pytest.raises(ImproperlyConfigured) as error:
        read(*args, **options)
    return str(error.value)


def test_read_integer_accepts_the_range(monkeypatch):
    for text, number in (("", 8000), ("0", 0), ("9000", 9000)):
        monkeypatch.setenv("PORT", text)
        assert read_integer("PORT", default=8000, maximum=9000) == number


def test_read_integer_names_the_variable(monkeypatch):
    # a negative number of proxies would trust any address that the client sends
    for text in ("x", "-1", "1.5", "101", "٣", " "):
        monkeypatch.setenv("TRUSTED_PROXIES", text)
        assert message(read_integer, "TRUSTED_PROXIES", default=0, maximum=100) == (
            f"TRUSTED_PROXIES must be a whole number from 0 to 100, not {text!r}."
        )


def test_log_level_is_a_known_one(monkeypatch):
    for text, level in (("", "INFO"), ("warning", "WARNING"), ("ERROR", "ERROR")):
        monkeypatch.setenv("LOG_LEVEL", text)
        assert read_log_level("LOG_LEVEL") == level
    monkeypatch.setenv("LOG_LEVEL", "foo")
    assert message(read_log_level, "LOG_LEVEL") == f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not 'FOO'."


def test_public_url_requires_https():
    for url in ("http://connect.example.org", "connect.example.org", "ftp://x", "javascript:alert(1)"):
        assert message(check_public_url, url, schemes=["https"]) == "PUBLIC_URL must begin with https://"


def test_public_url_rejects_query_and_fragment():
    for rest in ("?a=b", "/?", "#top", "/path#"):
        error = message(check_public_url, f"https://connect.example.org{rest}", schemes=["https"])
        assert error == "PUBLIC_URL must not contain ? or #: paths are appended to it."


def test_public_url_requires_a_host():
    for url in (
        *("https://", "https:///", "https://h:x", "https://h:0", "https://h:99999", "https://:443", "https://[::1"),
        *("https://me:sekret@connect.example.org", "https://connect.example.org/a b", "https://-", "https://-ü.er"),
    ):
        error = message(check_public_url, url, schemes=["https"])
        assert error == "PUBLIC_URL must name a host, such as https://connect.example.com."


def test_public_url_rejects_paths():
    for path in ("/latchkey", "/latchkey/", "//x", "/%20"):
        error = message(check_public_url, f"https://connect.example.org{path}", schemes=["https"])
        assert error == "PUBLIC_URL must not have a path: Latchkey needs a host name of its own."


def test_public_url_accepts_ports_and_ipv6():
    for url in ("https://latchkey", "https://connect.example.org:8443", "https://[fd00::1]:8443"):
        assert check_public_url(url, schemes=["https"]) == url
    assert check_public_url("https://connect.example.org/", schemes=["https"]) == "https://connect.example.org"


def test_public_url_is_written_like_an_origin():
    wanted = {
        "HTTPS://Connect.Example.ORG/": "https://connect.example.org",
        "https://connect.example.org:443": "https://connect.example.org",
        "https://connect.example.org:": "https://connect.example.org",
        "https://connect.example.org:80": "https://connect.example.org:80",
        "https://[FD00::1]:443": "https://[fd00::1]",
        "https://Büch.er": "https://xn--bch-hoa.er",
    }
    assert {url: check_public_url(url, schemes=["https"]) for url in wanted} == wanted
    assert check_hosts(["büch.er"]) == ["xn--bch-hoa.er"]


def test_hosts_are_plain_names():
    assert check_hosts(["a.example", " .example.com ", "[::1]", "10.0.0.1", "*", ""]) == [
        *("a.example", ".example.com", "[::1]", "10.0.0.1", "*")
    ]
    for hosts in ([], [""], [" ", " "], ["https://connect.example.org"], ["connect.example.org:8443"], ["a.b", "b c"]):
        assert "ALLOWED_HOSTS must be host names" in message(check_hosts, hosts)


def test_required_variables_are_named_together(monkeypatch):
    monkeypatch.setenv("FIRST", "x")
    monkeypatch.setenv("EMPTY", "")
    check_required(["FIRST"])
    assert (
        message(check_required, ["FIRST", "EMPTY", "ABSENT"]) == "Set EMPTY, ABSENT in the environment: DEBUG is off."
    )


def test_secret_keys_must_look_random():
    own = "drawn-at-random-for-a-test-of-production"
    check_secret_keys([own], known=KNOWN, variable="SECRET_KEY")
    for secret in ("too-short-but-drawn-at-random-x", "a" * 46, "abcd" * 20, "django-insecure-" + "k3Jz9" * 8, KNOWN):
        error = message(check_secret_keys, [own, secret], known=KNOWN, variable="SECRET_KEY_FALLBACKS")
        assert "SECRET_KEY_FALLBACKS must be 32 random characters or more" in error


def test_encryption_keys_must_be_random():
    own, known = (
        base64.b64encode(text).decode() for text in (b"a key of a test's own production", KNOWN.encode()[:32])
    )
    check_encryption_keys([own, own], known=known)
    assert "publicly known" in message(check_encryption_keys, [own, known], known=known)
    for weak in (bytes(32), b"k" * 32, b"abcd" * 8):
        error = message(check_encryption_keys, [base64.b64encode(weak).decode()], known=known)
        assert "must be random" in error


def test_local_hosts_are_not_public():
    local = ("localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0", "my-machine", "192.168.1.20", "10.1.2.3", "[fd00::1]")
    local += ("MyMac.local", "box.lan", "web.internal", ".localhost", "testserver", "printer.home.arpa.")
    public = (
        "connect.example.org",
        "203.0.113.9",
        "[2001:db8::1]",
        "*",
        "",
        ".",
        ".example.org",
        "8.8.8.8",
        "local.org",
    )
    got = {host: is_local_host(host) for host in local + public}
    assert got == dict.fromkeys(local, True) | dict.fromkeys(public, False)


def test_debug_refuses_public_hosts():
    check_debug_hosts("http://192.168.1.20:8000", ["localhost", "192.168.1.20"])
    error = message(check_debug_hosts, "https://connect.example.org", ["localhost"])
    assert error.startswith(
        "DEBUG is on, so PUBLIC_URL must name this machine or its local network, not connect.example"
    )
    assert "ALLOWED_HOSTS must name this machine" in message(check_debug_hosts, "http://localhost:8000", ["*"])


def test_private_webhooks_need_debug():
    assert check_webhook_targets(True, debug=True)
    assert not check_webhook_targets(False, debug=False)
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_ALLOW_PRIVATE is for development"):
        check_webhook_targets(True, debug=False)
