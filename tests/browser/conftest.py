"""Fixtures for a real Chromium, the real server, and the program of a partner that calls it over HTTP."""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from companies.models import Company, User
from connections.models import Connection
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, UserFactory, make_api_key

HERE = Path(__file__).parent
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
LAN_NAME = "latchkey.lan"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    f"--host-resolver-rules=MAP {LAN_NAME} 127.0.0.1",
]
TIMEOUT_MS = 30_000  # timeout of a step, on a busy machine
PROVIDERS = [
    ("Hydro One", "CA", "www.hydroone.com"),
    ("Hydro-Québec", "CA", "session.hydroquebec.com"),
    ("Octopus Energy", "GB", "octopus.energy"),
    ("Berliner Energie", "DE", "energie.berliner.example"),
    ("Berliner Wasser", "DE", "wasser.berliner.example"),
]
REPORT_VIOLATIONS = """
    document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: Chromium stays open until the end, and no other test runs beside its event loop."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.fixture(scope="session")
def chromium():
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's event loop runs in the thread of the tests
    expect.set_options(timeout=TIMEOUT_MS)
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Partner:
    """Program of a partner: sends JSON and its key over HTTP."""

    base: str
    key: str
    company: Company

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-API-KEY": self.key, "Content-Type": "application/json"}
        with urlopen(Request(f"{self.base}/v2/{path}", data, headers, method=method)) as answer:
            return json.load(answer)

    def invite(self, **body: Any) -> dict[str, Any]:
        return self.call("POST", f"invitation/company/{self.company.pk}", body)

    def invite_to_repair(self, connection: Connection, **body: Any) -> dict[str, Any]:
        return self.call("POST", f"invitation/connection/{connection.pk}", body)


@pytest.fixture
def partner(live_server, settings):
    """Northwind Energy with the company Riverside Bakeries, three sites and a few providers."""
    settings.PUBLIC_URL = live_server.url
    for name, country, host in PROVIDERS:
        DatasourceFactory.create(name=name, country=country, login_url=f"https://{host}/login")
    company = CompanyFactory.create(name="Riverside Bakeries", partner__name="Northwind Energy")
    company.partner.redirect_urls = ["https://northwind.example/thanks"]
    company.partner.save()
    for name in ("Main bakery", "Shop at the station", "Cold store"):
        SiteFactory.create(company=company, name=name)
    return Partner(live_server.url, make_api_key(company.partner)[1], company)


@dataclass
class Visitors:
    """Opens separate browsers, and collects their console messages and requests to other hosts than `others`."""

    browser: Browser
    base: str
    others: tuple[str, ...] = ()
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def visitor(self, **options: Any) -> Page:
        context = self.browser.new_context(**options)
        context.set_default_timeout(TIMEOUT_MS)
        self.contexts.append(context)
        if options.get("java_script_enabled", True):
            context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", lambda message: self._note(message.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", lambda request: self._note_request(request.url))
        return context.new_page()

    def _note(self, text: str) -> None:
        # Chromium reports pages with status 404 or 410
        if not text.startswith("Failed to load resource: the server responded with a status of 4"):
            self.complaints.append(text)

    def _note_request(self, url: str) -> None:
        if not url.startswith((self.base, *self.others, "data:")):
            self.complaints.append(f"asked for {url}")


@pytest.fixture
def visitors(chromium, live_server):
    """Opens browsers. Fails at the end for a console message or a request to another host."""
    made = Visitors(chromium, live_server.url)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == []


@pytest.fixture
def visitor(visitors):
    return visitors.visitor()


@dataclass
class Desk:
    """Desk of a member of staff, logged in. All browsers opened here share one session."""

    visitors: Visitors
    staff: User
    client: Client

    @property
    def base(self) -> str:
        return self.visitors.base

    def open(self, path: str = "", **options: Any) -> Page:
        """Open a browser, at the path if one is given; 1280 pixels wide by default."""
        page = self.visitors.visitor(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options
        )
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": self.client.cookies[name].value, "url": self.base}])
        if path:
            page.goto(self.base + path)
        return page


@pytest.fixture
def desk(visitors):
    """Desk of Mary Okafor, a superuser."""
    mary = UserFactory.create(email="mary@example.com", name="Mary Okafor")
    client = Client()
    client.force_login(mary)
    return Desk(visitors, mary, client)
