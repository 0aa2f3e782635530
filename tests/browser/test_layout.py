"""Layout of the admin: lists on a phone, and alignment."""

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from invitations.models import Batch, Invitation
from tests.browser.screens import furnish

LISTS = [f"admin:{each._meta.app_label}_{each._meta.model_name}_changelist" for each in admin.site._registry]
PHONE = {"width": 390, "height": 844}
WIDTHS = (390, 768, 1024, 1280)
TURNED = {"width": 844, "height": 390}
CUT_OFF = """() => [...document.querySelectorAll("main *")]
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1)
    .filter((each) => getComputedStyle(each).overflowX !== "visible")
    .map((each) => each.className || each.id)"""


@pytest.fixture
def house(desk):
    return furnish(desk.staff)


def left(locator):
    return round(locator.bounding_box()["x"])


def right(locator):
    box = locator.bounding_box()
    return round(box["x"] + box["width"])


def test_lists_fit_each_width(desk, house):
    page = desk.open()
    for name in LISTS:
        page.goto(desk.base + reverse(name))
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert (name, width, page.evaluate(CUT_OFF)) == (name, width, [])

    page.set_viewport_size(PHONE)
    page.goto(desk.base + reverse("admin:companies_company_changelist"))
    fact = page.locator("#result_list tbody .field-external_id").first
    expect(fact).to_be_visible()
    assert fact.evaluate("each => getComputedStyle(each, '::before').content") == '"External id"'

    page.goto(desk.base + reverse("admin:invitations_invitation_changelist"))
    box = left(page.locator("#action-toggle"))
    assert box == left(page.locator(".action-select").first) == left(page.get_by_role("link", name="Filter"))
    heights = [page.get_by_role(role, name=name) for role, name in [("link", "Filter"), ("button", "Search")]]
    assert len({each.bounding_box()["height"] for each in heights}) == 1


def test_turned_phone_shows_the_whole_form(desk, house):
    page = desk.open(reverse("admin:invitations_invitation_add"), viewport=TURNED)
    page.get_by_text("Prefilled fields").click()
    page.set_viewport_size(PHONE)
    sites = page.locator(".select2-selection--multiple")
    assert right(sites) <= right(page.locator("#id_allowed_emails"))


def test_desktop_pages_are_aligned(desk, house):
    page = desk.open(reverse("admin:index"))
    assert right(page.locator(".overview__attention")) == right(page.locator("#logout-form"))
    page.get_by_role("row", name="Waiting to be checked").click(position={"x": 5, "y": 5})
    expect(page.get_by_role("heading", level=1)).to_have_text("Connections")

    page.goto(desk.base + reverse("admin:companies_partner_add"))
    page.get_by_label("Name").fill("Southgate Water")
    page.get_by_role("button", name="Save", exact=True).click()
    assert left(page.locator(".messagelist li")) == left(page.get_by_role("heading", level=1))

    page.goto(desk.base + reverse("admin:invitations_batch_change", args=[house[Batch].pk]))
    for column in range(5):
        head, cell = (page.locator(f".batch-rows {part} tr").first.locator("> *") for part in ("thead", "tbody"))
        distances = [each.nth(column).evaluate("each => getComputedStyle(each).paddingLeft") for each in (head, cell)]
        assert distances[0] == distances[1]

    page.goto(desk.base + reverse("admin:invitations_invitation_changelist"))
    address = page.locator(".field-invitation div", has_text="person2@example.com")
    assert address.bounding_box()["height"] < 2 * 13 * 1.4


def test_choice_reveals_its_field(desk, house):
    Invitation.objects.filter(pk=house[Invitation].pk).update(max_uses=None)
    page = desk.open()
    for name, field, choice in [
        ("extend", "Last day", "At the end of a day"),
        ("limits", "How many uses", "A number"),
    ]:
        page.goto(desk.base + reverse(f"admin:invitations_invitation_{name}", args=[house[Invitation].pk]))
        asked = page.get_by_label(field, exact=True)
        expect(asked).to_be_hidden()
        page.get_by_label(choice).check()
        expect(asked).to_be_visible()
        expect(asked).to_be_enabled()
