"""The address of a provider's login page: shown as text, handed to the collector, never fetched by us."""

import pytest
from django.test import override_settings

from config.exceptions import InvalidField
from connections.services.catalogue import check_provider_url
from tests.factories import make_connection

ACCEPTED = [
    "https://utility.example.com",
    "https://utility.example.com/",
    "https://utility.example.com:8443/login?a=b&c=%20#top",
    "https://UTILITY.example.com/Login",
    "https://xn--stadtwerke-kln-6pb.example/",
    "https://a.b.c.d.example.co.uk/x",
    "https://utility.example.com/" + "p" * 400,
]
REFUSED = [
    "",
    " ",
    "utility.example.com",
    "//utility.example.com",
    "/login",
    "javascript:alert(1)",
    "JavaScript:alert(1)//https://utility.example.com",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "ftp://utility.example.com",
    "ws://utility.example.com",
    "mailto:a@example.com",
    "https://",
    "https:///login",
    "https://utility",
    "https://localhost",
    "https://localhost:8000",
    "https://app.localhost",
    "https://localhost.localdomain",
    "https://localhost.localdomain./",
    "https://localhost。localdomain",
    "https://１２７.0.0.1",
    "https://127。0。0。1/",
    "https://user@stadtwerke-köln.example/",
    "https://ü" + "u" * 60 + ".example.com",
    "https://☎.example",
    "https://köln.example:99999",
    "https://db.internal",
    "https://printer.local",
    "https://printer.local.",
    "https://PRINTER.LOCAL",
    "https://127.0.0.1",
    "https://127.0.0.1:8443/login",
    "https://10.0.0.1",
    "https://169.254.169.254/latest/meta-data",
    "https://8.8.8.8",
    "https://[::1]",
    "https://[fe80::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://2130706433",
    "https://0x7f.1",
    "https://0x7f000001",
    "https://127.1",
    "https://user@utility.example.com",
    "https://user:password@utility.example.com",
    "https://:@utility.example.com",
    "https://utility.example.com@evil.example",
    "https://utility.example.com\\@evil.example",
    "https://utility.example.com\nhttps://evil.example",
    "https://utility.example.com/\r\nX: y",
    "https://utility.example.com/\tx",
    "https://utility.example.com/a b",
    "https://utility.example.com\x00",
    "https://utility.example.com/\x00",
    " https://utility.example.com",
    "https://utility..example.com",
    "https://-utility.example.com",
    "https://utility.example.com:99999",
    "https://[utility.example.com",
    "https://" + "u" * 64 + ".example.com",
    "https://utility.example.com/" + "p" * 500,
]


@pytest.mark.parametrize("url", ACCEPTED)
def test_a_public_page_over_https_is_taken_as_it_was_given(url):
    assert check_provider_url(url) == url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://stadtwerke-köln.example/", "https://xn--stadtwerke-kln-6pb.example/"),
        ("https://Stadtwerke-KÖLN.example:8443/ü?ß#é", "https://xn--stadtwerke-kln-6pb.example:8443/ü?ß#é"),
        ("https://exаmple.com/login", "https://xn--exmple-4nf.com/login"),  # the third letter is Cyrillic
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://ｅｘａｍｐｌｅ.com?next=//köln", "https://example.com?next=//köln"),
        ("https://電力。example.com", "https://xn--tfr140n.example.com"),
    ],
)
def test_a_host_is_kept_in_its_ascii_form_so_that_letters_which_look_alike_are_seen(url, kept):
    assert check_provider_url(url) == kept
    assert check_provider_url(kept) == kept


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("url", REFUSED)
def test_anything_else_is_refused_in_development_too(url, debug):
    with override_settings(DEBUG=debug), pytest.raises(InvalidField) as refusal:
        check_provider_url(url, field=("prefill", "url"))

    assert refusal.value.field == ("prefill", "url")


def test_a_scheme_in_capitals_is_one_all_the_same(db):
    made = make_connection(url="HTTPS://Portal.Utility.example/Login")

    assert made.url == "https://Portal.Utility.example/Login"


def test_http_will_do_in_development_only():
    with override_settings(DEBUG=True):
        assert check_provider_url("http://utility.example.com")
    with pytest.raises(InvalidField):
        check_provider_url("http://utility.example.com")
