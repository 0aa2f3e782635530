"""Contributor's pages in a frame of the partner's site."""

import re

import pytest
from django.test import Client

from config.http.csp import HEADER
from invitations.models import Use
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.answers import answers, page, saved
from tests.invitations.contributor.steps import ANNA, enter_code, newest_code, request_code

pytestmark = pytest.mark.django_db

PORTAL = "https://portal.example.com"
FRAMED = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def invitation():
    company = CompanyFactory(partner__embedding_origins=[PORTAL])
    return make_invitation(company, allowed_emails=[ANNA], max_uses=1)


@pytest.fixture
def browser():
    return Client(headers=FRAMED, enforce_csrf_checks=True)


def may_frame(response):
    listed = f"frame-ancestors {PORTAL}" in response[HEADER]
    assert listed is ("X-Frame-Options" not in response) is ("frame-ancestors 'none'" not in response[HEADER])
    return listed


def test_listed_origin_may_frame_known_links(client, invitation):
    other = make_invitation(CompanyFactory())
    paths = {
        "start": page(invitation),
        "verify": page(invitation, "verify"),
        "search": f"{page(invitation)}/providers",
        "another partner": page(other),
        "unknown": f"/p/i/{'x' * 43}",
        "admin": "/admin/login/",
    }
    assert {name: may_frame(client.get(path)) for name, path in paths.items()} == {
        "start": True,
        "verify": True,
        "search": True,
        "another partner": False,
        "unknown": False,
        "admin": False,
    }


def test_page_in_frame_names_its_host(client, invitation, settings):
    settings.OPERATOR_NAME, settings.PUBLIC_URL = "Ada & Co", "https://connect.example.com"
    framed, alone = (client.get(page(invitation), headers=each).content.decode() for each in (FRAMED, {}))
    said = "<bdi>connect.example.com</bdi></strong>, run by <bdi>Ada &amp; Co</bdi>"
    assert (said in framed, f'data-origins="{PORTAL}"' in framed, "embed.js" in framed) == (True, True, True)
    assert (said in alone, "data-origins" in alone, "embed.js" in alone) == (False, False, False)


def test_frame_of_a_person_is_viewed(client, invitation):
    stranger = make_invitation(CompanyFactory())
    for each in (invitation, stranger):
        client.get(page(each), headers=FRAMED)
    types = [list(each.events.order_by("pk").values_list("type", flat=True)) for each in (invitation, stranger)]
    assert types == [["CREATED", "VIEWED"], ["CREATED", "FETCHED"]]


def test_all_cookies_of_a_journey_are_partitioned(invitation):
    framed = Client(headers=FRAMED)
    framed.get(page(invitation, "verify"))
    request_code(framed, invitation)
    enter_code(framed, invitation, newest_code(invitation).digits)
    saved(framed, invitation)
    names = {name.partition("-")[0] for name in framed.cookies}
    assert {"address", "proof", "result", "csrf"} <= names
    for cookie in framed.cookies.values():
        assert (cookie["partitioned"], cookie["samesite"], cookie["secure"]) == (True, "None", True), cookie.key


def test_form_without_cookies_leads_out(browser, invitation):
    path = page(invitation, "verify")
    response = browser.post(path, {"email": ANNA}, headers={"Origin": "http://testserver"})
    content = response.content.decode()
    assert (response.status_code, may_frame(response)) == (403, True)
    assert re.search(rf'class="button" href="{path}\?language=en" target="_blank" rel="noopener"', content)
    unknown = browser.post(f"/p/i/{'x' * 43}/verify", headers={"Origin": "http://testserver"})
    assert (unknown.status_code, may_frame(unknown)) == (403, False)


def test_form_goes_on_in_new_tab(browser, invitation):
    open_invitation = make_invitation(invitation.company)
    path, own = page(open_invitation, "connect"), {"Origin": "http://testserver"}
    content = browser.post(path, answers(provider="Utility & Co"), headers=own).content.decode()
    assert f'action="{path}" target="_blank" rel="noopener"' in content
    assert 'name="provider" value="Utility &amp; Co"' in content
    browser.get(path)
    content = browser.post(path, answers(provider="Utility & Co"), headers=own).content.decode()
    assert f'action="{path}">' in content


@pytest.mark.parametrize("origin", ["https://evil.example", PORTAL, "null"])
def test_site_around_cannot_post_forms(browser, invitation, origin):
    open_invitation = make_invitation(invitation.company)
    path = page(open_invitation, "connect")
    content = browser.get(path).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', content)[1]
    sent = answers(csrfmiddlewaretoken=token)
    assert browser.post(path, sent, headers={"Origin": origin}).status_code == 403
    assert not Use.objects.exists()
    assert browser.post(path, sent, headers={"Origin": "http://testserver"}).status_code == 302
