"""Origins that may frame the contributor's pages."""

import pytest

from companies.services.embedding import MAX_ORIGINS, check_origins
from config.exceptions import InvalidField

PORTAL = "https://portal.example.com"
TAKEN = {
    PORTAL: PORTAL,
    " HTTPS://Portal.Example.com/ ": PORTAL,
    f"{PORTAL}:443": PORTAL,
    f"{PORTAL}:8443": f"{PORTAL}:8443",
    "https://bücher.example": "https://xn--bcher-kva.example",
    "https://intranet": "https://intranet",
}
REFUSED = [
    *("", " ", "https://", "portal.example.com", "//portal.example.com", "null", "*", "https:", "data:text/html,x"),
    *("https://*.example.com", "https://*", "https://portal.example.com:*", "'self'", "https://a_b.example.com"),
    *(f"{PORTAL}/path", f"{PORTAL}?a", f"{PORTAL}?", f"{PORTAL}#a", f"{PORTAL}#", f"{PORTAL}//", f"{PORTAL}:"),
    *(
        f"{PORTAL}:0",
        f"{PORTAL}:65536",
        f"{PORTAL}:x",
        "https://user@portal.example.com",
        "https://@portal.example.com",
    ),
    *(
        f"{PORTAL}; script-src *",
        f"{PORTAL} https://evil.example",
        f"{PORTAL}\nX-Evil: 1",
        f"{PORTAL},https://b.example",
    ),
    *(
        f"{PORTAL};script-src",
        "https://portal.example.com\\@evil.example",
        "https://portal.example.com.",
        "https://-a.com",
    ),
    *("https://93.184.216.34", "https://0x7f.1", "https://[2606:2800::1]", "https://[", "http://portal.example.com"),
    *("ftp://portal.example.com", "javascript:alert(1)", "https://localhost.evil.example:x", "http://[::1]:8000"),
]
OF_THIS_MACHINE = ["http://localhost:3000", "http://127.0.0.1", "https://localhost:3000"]


def test_origins_are_written_as_browsers_do():
    assert {text: check_origins([text])[0] for text in TAKEN} == TAKEN
    assert check_origins([*TAKEN, *TAKEN]) == list(dict.fromkeys(TAKEN.values()))


def refused(*origins):
    with pytest.raises(InvalidField) as error:
        check_origins(origins)
    return error.value.field


def test_other_texts_are_refused():
    wanted = ("embedding_origins", 1)
    assert {text: refused(PORTAL, text) for text in REFUSED} == dict.fromkeys(REFUSED, wanted)


def test_too_many_origins_are_refused():
    origins = [f"https://{number}.example.com" for number in range(MAX_ORIGINS + 1)]
    assert check_origins(origins[:-1]) == origins[:-1]
    assert refused(*origins) == ("embedding_origins",)


def test_own_machine_needs_debug(settings):
    settings.DEBUG = True
    assert check_origins(OF_THIS_MACHINE) == OF_THIS_MACHINE
    assert refused("http://localhost.example.com") == ("embedding_origins", 0)
    settings.DEBUG = False
    for origin in OF_THIS_MACHINE:
        assert refused(origin) == ("embedding_origins", 0)
