"""Overview of the admin: accessible, on small screens, by keyboard, and without JavaScript."""

import pytest
from playwright.sync_api import expect

from connections.models import Connection
from connections.models.status import Status
from tests.browser.axe import check_page
from tests.browser.keyboard import choose, press_on
from tests.factories import CompanyFactory, make_connection, make_invitation


@pytest.fixture
def open_overview(desk):
    """Two companies with a connection in every status."""
    for name in ("Riverside Bakeries", "Hilltop Hotels"):
        company = CompanyFactory.create(name=name)
        make_invitation(company)
        for status in Status:
            Connection.objects.filter(pk=make_connection(company).pk).update(status=status)
    return desk.open


def test_overview_is_accessible_and_fits_phones(open_overview):
    page = open_overview("/admin/")
    check_page(page, "overview")
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for part in page.locator(".overview table, .overview meter").all():
            box = part.bounding_box()
            assert box["x"] + box["width"] <= width, part
    page.goto(page.url + "connections/connection/?status=broken")
    check_page(page, "broken")


def test_company_is_chosen_by_keyboard(open_overview):
    page = open_overview("/admin/")
    choose(page, "Company", "hill", "Hilltop Hotels")
    press_on(page, "Show")
    page.wait_for_url("**company=0*")
    expect(page.get_by_role("link", name="Created: 1", exact=True)).to_be_visible()


def test_overview_works_without_javascript(open_overview):
    page = open_overview("/admin/", java_script_enabled=False)
    expect(page.get_by_role("meter", name="Created")).to_be_visible()
    page.get_by_role("link", name="Past 7 days").click()
    expect(page.get_by_role("link", name="Past 7 days")).to_have_attribute("aria-current", "true")
