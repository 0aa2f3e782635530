"""Every page of the admin, with data: accessible, and without sideways scrolling."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.axe import check_page, keep_axe
from tests.browser.keyboard import choose, press_on, type_into
from tests.browser.screens import PARTS, furnish, screens
from tests.factories import PartnerFactory, make_api_key


@pytest.mark.parametrize("part", PARTS)
def test_admin_pages_are_accessible(desk, part):
    house = furnish(desk.staff)
    page = desk.open()
    keep_axe(page)
    for name in screens(part, house, page, desk.base):
        check_page(page, name)


def test_api_key_pages_are_accessible(desk):
    make_api_key(PartnerFactory(name="Northwind Energy"))
    page = desk.open(reverse("admin:companies_apikey_add"))
    press_on(page, "Create key")
    expect(page.get_by_text("Please correct the errors below.")).to_be_visible()
    check_page(page, "errors")
    choose(page, "Partner", "north", "Northwind Energy")
    type_into(page, "Name", "Collector")
    press_on(page, "Create key")
    expect(page.get_by_role("heading", level=1)).to_have_text("Copy the key now")
    check_page(page, "shown once")

    page.goto(desk.base + reverse("admin:companies_apikey_changelist"))
    page.locator("#action-toggle").check()
    page.locator("[name=action]").select_option("revoke_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revoke 2 API keys?")
    check_page(page, "revoked together")
