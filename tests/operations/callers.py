"""Clients of a web server behind its proxy."""

import http.client
import re
from importlib import import_module
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from bench.servers import PROXY_HEADERS
from companies.models import Company, User
from tests.factories import UserFactory, make_api_key

TIMEOUT_SECONDS = 120  # longer than the web server takes to give a request up


class Browser:
    """HTTP client with cookies and a header of the API."""

    def __init__(self, url: str, **headers: str) -> None:
        self.address, self.headers, self.cookies = urlsplit(url).netloc, headers, dict[str, str]()

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        client = http.client.HTTPConnection(self.address, timeout=TIMEOUT_SECONDS)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        client.request(method, path, body, PROXY_HEADERS | self.headers | headers | {"Cookie": cookies})
        response = client.getresponse()
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, response.read().decode()

    def submit(self, path: str, **fields: str) -> int:
        page = self.send("GET", path)[1]
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
        body = urlencode({**fields, "csrfmiddlewaretoken": token})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Referer": "https://latchkey.example/"}
        return self.send("POST", path, body, **kind)[0]


def partner_system(company: Company, url: str) -> Browser:
    """Return a client with a key of its own."""
    return Browser(url, **{"X-API-KEY": make_api_key(company.partner)[1], "Content-Type": "application/json"})


def member_of_staff(url: str) -> Browser:
    """Return the browser of a superuser who has logged in."""
    user: User = UserFactory()
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    browser = Browser(url)
    browser.cookies["__Host-session"] = session.session_key
    return browser
