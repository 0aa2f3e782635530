"""Every screen of the admin, with something in it: for eyes, for screen readers, on a phone and at a desk."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.axe import nothing_is_in_the_way
from tests.browser.keyboard import choose, press_on, type_into
from tests.browser.screens import PARTS, furnish, screens
from tests.factories import PartnerFactory, make_api_key


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_in_the_way_of_anybody_on_any_screen(desk, part):
    house = furnish(desk.staff)
    page = desk.open()
    for name in screens(part, house, page, desk.base):
        nothing_is_in_the_way(page, name)


def test_nothing_is_in_the_way_where_a_key_is_made_shown_once_and_revoked_with_others(desk):
    make_api_key(PartnerFactory(name="Northwind Energy"))
    page = desk.open(reverse("admin:companies_apikey_add"))
    press_on(page, "Make key")
    expect(page.get_by_text("Please correct the errors below.")).to_be_visible()
    nothing_is_in_the_way(page, "errors")
    choose(page, "Partner", "north", "Northwind Energy")
    type_into(page, "Name", "Collector")
    press_on(page, "Make key")
    expect(page.get_by_role("heading", level=1)).to_have_text("Copy the key now")
    nothing_is_in_the_way(page, "shown once")

    page.goto(desk.base + reverse("admin:companies_apikey_changelist"))
    page.locator("#action-toggle").check()
    page.locator("[name=action]").select_option("revoke_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revoke 2 API keys?")
    nothing_is_in_the_way(page, "revoked together")
