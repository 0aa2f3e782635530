import base64
from urllib.parse import quote

import pytest

from config.exceptions import InvalidField
from connections.services.redirects import follow_redirects

PORTAL = "https://portal.utility.co.uk/login"
QUOTED = quote(PORTAL, safe="")
IN_BASE64 = base64.urlsafe_b64encode(PORTAL.encode()).decode().rstrip("=")
FOLLOWED = (
    f"https://www.google.com/url?sa=t&url={QUOTED}&usg=x",
    f"https://www.google.de/url?q={PORTAL}&sa=U",
    "https://www.google.com/amp/s/portal.utility.co.uk/login",
    "https://portal-utility-co-uk.translate.goog/login?_x_tr_sl=en",
    f"https://www.bing.com/ck/a?!&&p=ab12&u=a1{IN_BASE64}&ntb=1",
    f"https://duckduckgo.com/l/?uddg={QUOTED}&rut=x",
    f"https://r.search.yahoo.com/_ylt=A0/RV=2/RE=17/RO=10/RU={QUOTED.replace('%3A', '%3a')}/RK=2/RS=x-",
    f"https://eur01.safelinks.protection.outlook.com/?url={QUOTED}&data=05%7C01",
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__portal.utility.co.uk_login&d=DwMF&c=x",
    f"https://urldefense.com/v3/__{PORTAL}__;!!Ab-Cd!xyz$",
    "https://urldefense.com/v3/__https:/portal.utility.co.uk/login__;!!Ab-Cd!xyz$",
    f"https://linkprotect.cudasvc.com/url?a={QUOTED}&c=E,1,x&typo=1",
    f"https://secure-web.cisco.com/1AbC-d_E/{QUOTED}",
    f"https://url.avanan.click/v2/___{PORTAL}___.abc",
    f"https://protect2.fireeye.com/v1/url?k=1&q=1&u={QUOTED}",
    f"https://eu-central-1.protection.sophos.com/?d=utility.co.uk&u={IN_BASE64}",
    f"https://l.facebook.com/l.php?u={QUOTED}&h=AT0",
    f"https://www.linkedin.com/redir/redirect?url={QUOTED}&trk=x",
    f"https://eur01.safelinks.protection.outlook.com/?url={quote(f'https://www.google.com/url?q={QUOTED}', safe='')}",
)
KEPT = (
    f"https://portal.utility.co.uk/login?redirect_uri={quote('https://app.example.com', safe='')}",
    *(f"https://{host}/url?q={QUOTED}" for host in ("google.com.evil.example", "notgoogle.com", "www.mygoogle.de")),
    "https://safelinks.protection.outlook.com.evil.example/?url=https://bank.example",
    "https://utility.com/search?q=login",
    "https://co.uk/",
)
SEARCHED = (
    "https://www.google.com/search?q=https://utility.com",
    "https://www.bing.com/search?q=utility",
    "https://search.yahoo.com/search?p=utility",
    "https://duckduckgo.com/?q=utility",
    "https://www.google.co.uk/?q=utility",
)
OPAQUE = {
    "https://www.bing.com/ck/a?u=a1aHR0c": "bing.com",
    "https://bit.ly/3xYz": "bit.ly",
    "https://t.co/abc": "t.co",
    "https://protect-eu.mimecast.com/s/AbC?domain=utility.com": "mimecast.com",
    "https://www.google.com/maps/place/Utility": "google.com",
    f"https://www.google.com/url?q={QUOTED}&other=https://evil.example": "google.com",
    "https://www.google.com/url?q=javascript:alert(1)": "google.com",
    "https://www.facebook.com/utility": "facebook.com",
}


def refusal(url):
    with pytest.raises(InvalidField) as error:
        follow_redirects(url, field=("prefill", "url"))
    assert error.value.field == ("prefill", "url")
    return error.value.detail


def test_redirects_are_followed():
    assert {url: follow_redirects(url) for url in FOLLOWED} == dict.fromkeys(FOLLOWED, PORTAL)


def test_other_pages_stay():
    assert {url: follow_redirects(url) for url in KEPT} == {url: url for url in KEPT}


def test_redirects_without_target_are_refused():
    assert [url for url in SEARCHED if "search results" not in refusal(url)] == []
    assert [url for url, domain in OPAQUE.items() if f"{domain} only leads to another" not in refusal(url)] == []


def test_many_redirects_are_refused():
    urls = [PORTAL]
    for _ in range(5):
        urls.append(f"https://www.google.com/url?q={quote(urls[-1], safe='')}")

    assert follow_redirects(urls[4]) == PORTAL
    assert "only leads to another" in refusal(urls[5])
