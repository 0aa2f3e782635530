"""Contributors connect an account: from the partner's call to the done page."""

import re

import pytest
from playwright.sync_api import expect

from connections.models import Connection, Datasource
from tests.browser.people import expect_saved, field, log_in_with, press

PREFILL = {
    "country": "CA",
    "utilityTypes": ["ELECTRICITY"],
    "connectionOwnerEmail": "owner@riverside.example",
    "dataCollectionStartDate": "2024-02-29",
}


def sites(partner, *names):
    return [str(site.pk) for site in partner.company.sites.filter(name__in=names)]


def details(partner, invitation):
    """Invitation and its one connection, as the API returns them."""
    followed = partner.call("GET", f"invitation/{invitation['id']}")
    (created,) = followed["createdConnections"]
    return followed, partner.call("GET", f"connection/{created['id']}/details")


def test_contributor_connects_two_accounts(partner, visitor):
    invitation = partner.invite(
        maxUses=2,
        expiresInSeconds=86_400,
        message="Hello,\nplease connect the bakery.",
        redirectUrl="https://northwind.example/thanks",
        prefill=PREFILL | {"initialSites": sites(partner, "Main bakery")},
    )
    visitor.goto(invitation["invitationUrl"])
    expect(visitor.get_by_role("heading", level=1)).to_have_text("You are asked to connect a utility account")
    expect(visitor.get_by_text("please connect the bakery.")).to_be_visible()
    visitor.get_by_role("link", name="Continue").click()
    find_hydro_quebec(visitor)
    expect_filled_in(visitor)
    visitor.get_by_label("Cold store").check()
    log_in_with(visitor)
    press(visitor)

    expect_saved(visitor, "Hydro-Québec")
    expect(visitor.get_by_role("link", name="Continue to northwind.example")).to_be_visible()
    followed, connection = details(partner, invitation)
    assert (followed["status"], followed["useCount"]) == ("ACTIVE", 1)
    assert [event["type"] for event in followed["events"]] == ["CREATED", "VIEWED", "USED"]
    assert connection["datasourceName"] == "Hydro-Québec"
    assert (connection["status"], connection["invitationId"]) == ("PENDING", invitation["id"])
    saved = Connection.objects.get()
    assert {site.name for site in saved.sites.all()} == {"Main bakery", "Cold store"}
    assert (saved.country, saved.utility_types) == ("CA", ["ELECTRICITY"])

    visitor.get_by_role("link", name="Connect another account").click()
    field(visitor, "Provider").fill("portal.utility.example/login")
    log_in_with(visitor)
    press(visitor)
    expect_saved(visitor, "portal.utility.example")
    expect(visitor.get_by_role("link", name="Connect another account")).to_have_count(0)
    visitor.goto(invitation["invitationUrl"])
    expect(visitor.get_by_role("heading", level=1)).to_have_text("This invitation has been used")
    assert partner.call("GET", f"invitation/{invitation['id']}")["status"] == "FULFILLED"


def find_hydro_quebec(page):
    provider = field(page, "Provider")
    page.wait_for_load_state()
    provider.press_sequentially("hydro")
    expect(page.locator("[role=option]")).to_have_count(2)
    provider.press_sequentially("-q")
    page.get_by_role("option", name="Hydro-Québec").click()
    expect(provider).to_have_value("Hydro-Québec")
    expect(page.get_by_text("Found in our list: session.hydroquebec.com.", exact=True)).to_be_visible()


def expect_filled_in(page):
    expect(page.get_by_label("Main bakery")).to_be_checked()
    expect(field(page, "Country")).to_have_value("CA")
    expect(page.get_by_label("Electricity")).to_be_checked()
    expect(field(page, "Email of the account’s owner")).to_have_value("owner@riverside.example")
    expect(field(page, "Collect data from")).to_have_value("2024-02-29")


def test_contributor_connects_without_javascript(partner, visitors):
    visitor = visitors.visitor(java_script_enabled=False)
    invitation = partner.invite(maxUses=1, prefill=PREFILL)
    visitor.goto(invitation["invitationUrl"])
    visitor.get_by_role("link", name="Continue").click()
    expect(visitor.get_by_role("button", name="Show: Password")).to_have_count(0)

    field(visitor, "Provider").fill("hydro")
    visitor.get_by_label("Main bakery").check()
    log_in_with(visitor)
    press(visitor)
    expect(visitor.get_by_role("alert")).to_contain_text("Choose your provider from these")
    expect(field(visitor, "User name")).to_have_value("riverside")
    expect(visitor.locator("[name=password]")).to_have_value("")
    visitor.get_by_label("Hydro One, CA – www.hydroone.com").check()
    log_in_with(visitor)
    press(visitor)

    expect_saved(visitor, "Hydro One")
    visitor.reload()
    expect_saved(visitor, "Hydro One")
    followed, connection = details(partner, invitation)
    assert (followed["status"], followed["useCount"]) == ("FULFILLED", 1)
    assert connection["datasourceName"] == "Hydro One"
    assert [site.name for site in Connection.objects.get().sites.all()] == ["Main bakery"]


def test_contributor_connects_by_keyboard(partner, visitor):
    invitation = partner.invite(prefill={"initialSites": sites(partner, "Main bakery")})
    visitor.goto(invitation["invitationUrl"])
    tab_to(visitor, "a.button")
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/connect")

    choose_octopus(visitor)
    tab_to(visitor, "[name=country]")
    visitor.keyboard.type("United K")
    tab_to(visitor, "[name=sites]:not(:checked)")
    visitor.keyboard.press("Space")
    tab_to(visitor, "[name=username]")
    visitor.keyboard.type("riverside")
    tab_to(visitor, "[name=password]")
    visitor.keyboard.type("secret")
    tab_to(visitor, ".reveal__button")
    visitor.keyboard.press("Space")
    expect(visitor.locator("[name=password]")).to_have_attribute("type", "text")
    visitor.keyboard.press("Space")
    expect(visitor.locator("[name=password]")).to_have_attribute("type", "password")
    tab_to(visitor, "button[type=submit]")
    visitor.keyboard.press("Enter")

    expect_saved(visitor, "Octopus Energy")
    assert Connection.objects.get().country == "GB"
    assert Connection.objects.get().sites.count() == 2
    for selector in ("a[href$='/withdraw']", "a.button", "main button[type=submit]"):
        tab_to(visitor, selector)
        with visitor.expect_navigation():
            visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("You have withdrawn your consent")


def choose_octopus(page):
    tab_to(page, "[name=provider]")
    page.keyboard.type("octopus")
    expect(page.get_by_role("option", name="Octopus Energy")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("[role=option]:visible")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Octopus Energy")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[name=provider]")).to_have_value("Octopus Energy")


FOCUS = """selector => {
    const focus = document.activeElement;
    return focus.matches(selector) && getComputedStyle(focus.closest(".choice label") ?? focus).outlineStyle;
}"""


def tab_to(page, selector):
    """Press Tab until the element has the focus, and check that its focus ring shows."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if ring := page.evaluate(FOCUS, selector):
            assert ring == "solid"
            return
    pytest.fail(f"the keyboard does not reach {selector}")


def test_locked_fields_cannot_be_changed(partner, visitor):
    names = ["datasourceId", "country", "utilityTypes", "initialSites", "connectionOwnerEmail"]
    prefill = PREFILL | {
        "datasourceId": str(Datasource.objects.get(name="Hydro One").pk),
        "initialSites": sites(partner, "Cold store"),
        "lockedFields": [*names, "dataCollectionStartDate"],
    }
    invitation = partner.invite(prefill=prefill)
    visitor.goto(invitation["invitationUrl"] + "/connect")
    locked = visitor.locator(".field--locked")
    expect(locked).to_have_count(6)
    for words in ("Hydro One", "Canada", "Cold store", "Electricity", "owner@riverside.example", "29 February 2024"):
        expect(locked.filter(has_text=words)).to_contain_text("Set by Northwind Energy")
    for name in ("provider", "country", "sites", "utility_types", "owner_email", "collection_start_date"):
        expect(visitor.locator(f"[name={name}]:not([type=hidden])")).to_have_count(0)

    # as with the developer tools
    visitor.locator("form").evaluate("""form => {
        for (const [name, value] of [["provider", "E.ON"], ["country", "FR"], ["owner_email", "evil@example.com"]]) {
            form.append(Object.assign(document.createElement("input"), { name, value, type: "hidden" }));
        }
    }""")
    log_in_with(visitor)
    press(visitor)
    expect_saved(visitor, "Hydro One")
    connection = Connection.objects.get()
    assert (connection.datasource.name, connection.country) == ("Hydro One", "CA")
    assert connection.owner_email == "owner@riverside.example"


def test_form_errors_lead_to_fields(partner, visitor):
    visitor.goto(partner.invite()["invitationUrl"] + "/connect")
    press(visitor)
    expect(field(visitor, "Provider")).to_be_focused()  # the browser stopped the form: nothing was sent
    field(visitor, "Provider").fill("Unheard of")
    log_in_with(visitor)
    press(visitor)
    alert = visitor.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Please check 1 thing")
    expect(visitor).to_have_title(re.compile("^Please check: "))
    alert.get_by_role("link").click()
    provider = field(visitor, "Provider")
    expect(provider).to_be_focused()
    expect(provider).to_have_accessible_description(re.compile("We do not know this provider"))
    expect(provider).to_have_value("Unheard of")
    expect(field(visitor, "User name")).to_have_value("riverside")
    expect(visitor.locator("[name=password]")).to_have_value("")
