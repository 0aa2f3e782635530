"""The first page of the admin in a browser: for eyes, for screen readers, on small screens, by keyboard alone."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from connections.models import Connection
from connections.status import Status
from tests.browser.axe import nothing_is_in_the_way
from tests.factories import CompanyFactory, UserFactory, make_connection, make_invitation


@pytest.fixture
def open_overview(visitors, live_server):
    """Two companies, a connection in every status; whoever looks is logged in."""
    for name in ("Riverside Bakeries", "Hilltop Hotels"):
        company = CompanyFactory.create(name=name)
        make_invitation(company)
        for status in Status:
            Connection.objects.filter(pk=make_connection(company).pk).update(status=status)

    def open_it(path="/admin/", **options):
        client = Client()
        client.force_login(UserFactory.create())
        page = visitors.visitor(reduced_motion="reduce", **options)
        page.context.add_cookies(
            [{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}]
        )
        page.goto(live_server.url + path)
        return page

    return open_it


@pytest.mark.parametrize("path", ["/admin/", "/admin/connections/connection/?status=broken"])
def test_nothing_is_in_the_way_of_anybody_in_light_and_dark(open_overview, path):
    page = open_overview(path, viewport={"width": 1280, "height": 900})
    nothing_is_in_the_way(page)


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_it_without_scrolling_sideways(open_overview, width):
    page = open_overview(viewport={"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in page.locator(".overview table, .overview svg").all():
        box = part.bounding_box()
        assert box["x"] + box["width"] <= width, part


def test_without_javascript_it_says_the_same(open_overview):
    page = open_overview(java_script_enabled=False)
    expect(page.get_by_role("img", name="How far invitations got")).to_be_visible()
    page.get_by_role("link", name="Past 7 days").click()
    expect(page.get_by_role("link", name="Past 7 days")).to_have_attribute("aria-current", "true")


def test_a_company_is_chosen_by_keyboard_alone(open_overview):
    page = open_overview(viewport={"width": 1280, "height": 900})
    page.get_by_role("link", name="Past 12 months").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("hill")
    expect(page.get_by_role("option", name="Hilltop Hotels")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**company=0*")
    expect(page.get_by_role("link", name="Sent: 1", exact=True)).to_be_visible()
