"""The cookies of a browser stay within what proxies accept, and keep the newest flows."""

import pytest
from django.core.signing import b62_encode
from django.http import HttpResponse
from django.test import RequestFactory

from invitations.contributor.cookies import MAX_BYTES, delete_oldest_cookies, read_cookie, set_cookie
from tests.factories import make_invitation
from tests.invitations.answers import page, saved
from tests.invitations.contributor.steps import ANNA, enter_code, newest_code, request_code
from tests.invitations.repairs import read


def send(jar, name, value="x" * 43):
    """Set a cookie, and keep what a browser would."""
    request, response = RequestFactory().get("/"), HttpResponse()
    request.COOKIES = dict(jar)
    set_cookie(response, name, value, max_age=60)
    delete_oldest_cookies(request, response)
    for key, morsel in response.cookies.items():
        jar.pop(key, None)
        if morsel["max-age"]:
            jar[key] = morsel.value
    return request


def size(jar):
    return sum(len(f"{name}={value}; ") for name, value in jar.items())


def test_newest_cookies_are_kept():
    jar = {"csrf": "y" * 32, "foreign": "z" * 5000}
    for number in range(97):
        send(jar, f"proof-{number:032x}")
    kept = [name for name in jar if name.startswith("proof-")]
    assert kept == [f"proof-{number:032x}" for number in range(97 - len(kept), 97)]
    assert (len(kept) >= 30, {"csrf", "foreign"} <= jar.keys()) == (True, True)
    assert size({name: jar[name] for name in kept}) <= MAX_BYTES


def test_cookies_without_time_go_first():
    old = {f"proof-{number:032x}": "s" * 43 for number in range(40)}
    jar = {"result-new": f"{b62_encode(1)}.kept", **old}
    send(jar, "address-new", "a" * 500)
    assert {"result-new", "address-new"} <= jar.keys()
    assert size(jar) <= MAX_BYTES


@pytest.mark.django_db
def test_each_page_deletes_too_many_cookies(client, company):
    for number in range(97):
        client.cookies[f"proof-{number:032x}"] = "s" * 43
    path = page(make_invitation(company))
    deleted = [morsel["max-age"] for morsel in client.get(path).cookies.values() if morsel.key.startswith("proof-")]
    assert (len(deleted) > 50, set(deleted)) == (True, {0})


def test_cookie_of_earlier_version_is_read():
    request = RequestFactory().get("/", headers={"Cookie": "proof-a=secret"})
    assert (read_cookie(request, "proof-a"), read_cookie(request, "proof-b")) == ("secret", "")


def test_newest_of_two_cookies_is_read():
    old, new = f"{b62_encode(61)}.old", f"{b62_encode(62)}.new"
    for sent in (f"proof-a={old}; proof-a={new}; b=c", f"proof-a={new};proof-a={old}"):
        assert read_cookie(RequestFactory().get("/", headers={"Cookie": sent}), "proof-a") == "new"


@pytest.mark.django_db
def test_full_browser_still_connects(client, company):
    for number in range(97):
        client.cookies[f"proof-{number:032x}"] = f"{b62_encode(10**12 + number)}.{'s' * 43}"
    invitation = make_invitation(company, allowed_emails=[ANNA])
    request_code(client, invitation)
    enter_code(client, invitation, newest_code(invitation).digits)
    saved(client, invitation)
    assert "What we saved" in read(client.get(page(invitation, "done")))
    held = {name: morsel.value for name, morsel in client.cookies.items() if morsel.value}
    assert (size(held) < 4096, len(held) >= 30) == (True, True)
