import pytest
from django.test import override_settings

from config.exceptions import InvalidField
from connections.services.login_pages import check_provider_url, find_by_page, looks_like_page, parse_login_page
from tests.factories import DatasourceFactory, make_connection

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
    *("https://E.DIS", "https://co.op/login", "https://st.gallen", "https://e.on", "https://co.uk", "https://com.au/"),
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


PASTED = {
    **dict.fromkeys(
        (
            *(
                "portal.utility.co.uk/login",
                " https://portal.utility.co.uk/login ",
                "<https://portal.utility.co.uk/login>.",
            ),
            *(
                "HTTPS://portal.utility.co.uk/login?code=4%2F0A&state=x",
                "https:/portal.utility.co.uk/login#access_token=x",
            ),
            *("https://portal.utility.co.uk/login;jsessionid=1A2B?x=1", "https://anna:pa55@portal.utility.co.uk/login"),
            *("https://portal.utility.co.uk/login?" + "x" * 3000, "Log in at https://portal.utility.co.uk/login"),
            *(
                "https:// portal.utility.co.uk/login",
                "https:portal.utility.co.uk/login",
                "//portal.utility.co.uk/login",
            ),
            *("https//PORTAL.utility.co.uk/login", "https://portal.utility.co.uk/login%20%E2%80%8B%22"),
            "https://portal.utility.co.uk/login https://portal.utility.co.uk/login",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fportal.utility.co.uk%2Flogin&data=05",
            "https://anna%40example.com:pa55@portal.utility.co.uk/login?redirect=https://app.example.com",
            *("\u200bhttps://portal\u00ad.utility.co.uk/login\ufeff", "ｈｔｔｐｓ：／／portal。utility．co.uk/login"),
        ),
        "https://portal.utility.co.uk/login",
    ),
    "www.Stadtwerke-Köln.de": "https://www.xn--stadtwerke-kln-6pb.de",
    "portal.utility.co.uk:8443": "https://portal.utility.co.uk:8443",
}


def test_login_page_is_read_as_pasted():
    assert {text: parse_login_page(text) for text in PASTED} == PASTED


def test_misleading_login_page_is_rejected():
    words = {
        "https://bank.de@evil.com/": "looks like bank.de, but leads to evil.com",
        "https://bank.de\\@evil.com/": "looks like bank.de, but leads to evil.com",
        "https://bank.de:443@evil.com/": "looks like bank.de, but leads to evil.com",
    }
    got = {}
    for text in words:
        with pytest.raises(InvalidField) as error:
            parse_login_page(text)
        got[text] = error.value.detail

    assert [text for text in words if words[text] not in got[text]] == []


@override_settings(DEBUG=False)
def test_search_link_is_followed_everywhere():
    link = "https://www.google.com/url?sa=t&url=https%3A%2F%2Fportal.utility.co.uk%2Flogin%3Fa%3Db&usg=" + "x" * 500
    false = "https://www.google.com/url?q=https%3A%2F%2Fbank.de%40evil.com%2F"

    assert parse_login_page(link) == "https://portal.utility.co.uk/login"
    assert check_provider_url(link) == "https://portal.utility.co.uk/login?a=b"
    for read in (parse_login_page, check_provider_url):
        with pytest.raises(InvalidField, match=r"looks like bank\.de|public page"):
            read(false)
        with pytest.raises(InvalidField, match="search results"):
            read("https://www.google.de/search?q=https://utility.co.uk")


def test_names_with_dots_are_no_pages():
    names = ("E.DIS", "E.ON", "Co.op", "St.Gallen", "E.ON Energie", "Stadtwerke", "co.uk", "a@b.com", "1.2", "U.S.")
    pages = (
        "portal.utility.co.uk",
        "Verbund.com",
        "www.verbund.com/de?x",
        "https://E.DIS",
        "javascript:alert(1)",
        "köln.de",
    )

    assert {text: looks_like_page(text) for text in (*names, *pages)} == dict.fromkeys(names, False) | dict.fromkeys(
        pages, True
    )


def test_page_finds_its_provider(db):
    verbund = DatasourceFactory(login_url="https://login.verbund.com/auth?tenant=1")
    east = DatasourceFactory(login_url="https://east.power.co.uk/")
    DatasourceFactory(login_url="https://west.power.co.uk/")
    DatasourceFactory(login_url="https://verbund.com.utility.de/")
    found = {
        **dict.fromkeys(("https://www.verbund.com/", "https://verbund.com", "https://LOGIN.verbund.com/x"), verbund),
        **dict.fromkeys(("https://other.verbund.com", "https://notverbund.com", "https://com.de"), None),
        "https://www.power.co.uk": None,
        "https://www.east.power.co.uk": east,
        "https://8.8.8.8": None,
    }

    assert {page: find_by_page(page) for page in found} == found
