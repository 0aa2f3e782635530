import pytest
from django.test import override_settings

from config.exceptions import InvalidField
from connections.services.catalogue import check_provider_url
from tests.factories import make_connection

ACCEPTED = (
    "https://utility.example.com",
    "https://utility.example.com:8443/login?a=b&c=%20#top",
    "https://UTILITY.example.com/Login",
    "https://xn--stadtwerke-kln-6pb.example/",
    "https://utility.example.com/" + "p" * 400,
)
NORMALIZED = {
    "https://Stadtwerke-KÖLN.example:8443/ü?ß#é": "https://xn--stadtwerke-kln-6pb.example:8443/ü?ß#é",
    "https://exаmple.com/login": "https://xn--exmple-4nf.com/login",  # the third letter is Cyrillic
    "https://straße.example": "https://xn--strae-oqa.example",
    "https://ｅｘａｍｐｌｅ.com?next=//köln": "https://example.com?next=//köln",
    "https://電力。example.com": "https://xn--tfr140n.example.com",
}
NO_WEB_PAGE = (
    *("", " ", "utility.example.com", "//utility.example.com", "/login", "https://", "https:///login"),
    *("javascript:alert(1)", "JavaScript:alert(1)//https://utility.example.com", "data:text/html,<b>x</b>"),
    *("file:///etc/passwd", "ftp://utility.example.com", "mailto:a@example.com", "https://utility"),
    *(" https://utility.example.com", "https://utility.example.com\nhttps://evil.example"),
    *("https://utility.example.com/\r\nX: y", "https://utility.example.com/a b", "https://utility.example.com/\x00"),
    *("https://utility..example.com", "https://-utility.example.com", "https://[utility.example.com"),
    *("https://utility.example.com:99999", "https://köln.example:99999", "https://☎.example"),
    *("https://" + "u" * 64 + ".example.com", "https://ü" + "u" * 60 + ".example.com"),
    "https://utility.example.com/" + "p" * 500,
)
NOT_PUBLIC = (
    *("https://localhost:8000", "https://app.localhost", "https://localhost.localdomain./"),
    *("https://localhost。localdomain", "https://db.internal", "https://printer.local.", "https://PRINTER.LOCAL"),
    *("https://127.0.0.1:8443/login", "https://10.0.0.1", "https://169.254.169.254/latest/meta-data"),
    *("https://8.8.8.8", "https://[::1]", "https://[::ffff:10.0.0.1]/", "https://１２７.0.0.1"),
    *("https://127。0。0。1/", "https://2130706433", "https://0x7f.1", "https://127.1"),
)
WITH_USER = (
    *("https://user@utility.example.com", "https://user:password@utility.example.com", "https://:@utility.example.com"),
    *("https://utility.example.com@evil.example", "https://utility.example.com\\@evil.example"),
    "https://user@stadtwerke-köln.example/",
)


def is_accepted(url):
    try:
        check_provider_url(url)
    except InvalidField:
        return False
    return True


def test_provider_url_accepts_public_pages():
    assert {url: check_provider_url(url) for url in ACCEPTED} == {url: url for url in ACCEPTED}


def test_provider_url_host_becomes_ascii():
    assert {url: check_provider_url(url) for url in NORMALIZED} == NORMALIZED
    assert {url: check_provider_url(url) for url in NORMALIZED.values()} == {url: url for url in NORMALIZED.values()}


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("urls", [NO_WEB_PAGE, NOT_PUBLIC, WITH_USER], ids=["no web page", "not public", "with user"])
def test_provider_url_rejects_others(urls, debug):
    with override_settings(DEBUG=debug):
        assert [url for url in urls if is_accepted(url)] == []


def test_provider_url_names_its_field():
    with pytest.raises(InvalidField) as error:
        check_provider_url("nonsense", field=("prefill", "url"))

    assert error.value.field == ("prefill", "url")


def test_provider_url_scheme_becomes_lower_case(db):
    made = make_connection(url="HTTPS://Portal.Utility.example/Login")

    assert made.url == "https://Portal.Utility.example/Login"


def test_provider_url_allows_http_in_development():
    with override_settings(DEBUG=True):
        assert is_accepted("http://utility.example.com")
    assert not is_accepted("http://utility.example.com")
