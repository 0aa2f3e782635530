"""A real Chromium, the real server, and a partner's program that calls it over HTTP."""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from companies.models import Company, User
from tests.factories import CompanyFactory, SiteFactory, UserFactory, make_api_key

HERE = Path(__file__).parent
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
TIMEOUT_MS = 30_000  # of one step or one look, on a machine that is busy with other tests
REPORT_VIOLATIONS = """
    document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="module")
def chromium():
    """Chromium, for the tests of one file: while it runs, Django takes every call of the tests for an async one."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=TIMEOUT_MS)
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Partner:
    """A partner's system, as far as it is needed here: it sends JSON and its key over HTTP."""

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

    def datasource(self, name: str) -> str:
        """The id of the provider of this name in the catalogue."""
        found = self.call("GET", f"datasource?query={name.replace(' ', '%20')}")["datasources"]
        return next(each["id"] for each in found if each["name"] == name)


@pytest.fixture
def partner(live_server, settings):
    """Northwind asks for Riverside Bakeries, which has three sites; the catalogue is loaded."""
    settings.PUBLIC_URL = live_server.url
    call_command("load_datasources", verbosity=0)
    company = CompanyFactory.create(name="Riverside Bakeries", partner__name="Northwind Energy")
    company.partner.redirect_urls = ["https://northwind.example/thanks"]
    company.partner.save()
    for name in ("Main bakery", "Shop at the station", "Cold store"):
        SiteFactory.create(company=company, name=name)
    return Partner(live_server.url, make_api_key(company.partner)[1], company)


@dataclass
class Visitors:
    """Makes browsers of people who share nothing, and notes what their consoles and networks say."""

    browser: Browser
    base: str
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
        context.on("request", lambda request: self._note_stranger(request.url))
        return context.new_page()

    def _note(self, text: str) -> None:
        # Chromium's own remark about a page whose status is 404 or 410, not one of the page's
        if not text.startswith("Failed to load resource: the server responded with a status of 4"):
            self.complaints.append(text)

    def _note_stranger(self, url: str) -> None:
        if not url.startswith((self.base, "data:")):
            self.complaints.append(f"asked for {url}")


@pytest.fixture
def visitors(chromium, live_server):
    """People with browsers. Afterwards, no console has said a word and nothing was asked of any other server."""
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
    """Where a member of staff works, logged in: opens their browsers, which all have the one session."""

    visitors: Visitors
    staff: User
    client: Client

    @property
    def base(self) -> str:
        return self.visitors.base

    def open(self, path: str = "", **options: Any) -> Page:
        """A browser of theirs, at the path if one is given; 1280 pixels wide unless told."""
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
    """Mary Okafor's, who may do everything."""
    mary = UserFactory.create(email="mary@example.com", name="Mary Okafor")
    client = Client()
    client.force_login(mary)
    return Desk(visitors, mary, client)
