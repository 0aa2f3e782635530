"""Staff create invitations: by keyboard, by mouse, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from invitations.models import Invitation
from tests.browser.axe import check_page
from tests.browser.keyboard import choose, press_on, tab_to, type_into
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, make_connection

ADD = "/admin/invitations/invitation/add/"
LONG = "Wirtschaftsförderungsgesellschaftsverwaltung " * 3


@pytest.fixture
def northwind(live_server, settings):
    """A company with sites, a connection and a redirect URL, beside another company with a site."""
    settings.PUBLIC_URL = live_server.url
    company = CompanyFactory(name="Riverside Bakeries", partner__name="Northwind Energy")
    company.partner.redirect_urls = ["https://northwind.example/thanks"]
    company.partner.save()
    for name in ("Main bakery", "Shop at the station"):
        SiteFactory(company=company, name=name)
    make_connection(company, datasource=DatasourceFactory(name="Acme Water"), owner_email="owner@example.com")
    SiteFactory(company__name="Hillside Mill", name="The mill")
    return company


@pytest.fixture
def open_form(northwind, desk):
    def open_form(**options):
        page = desk.open(ADD, **options)
        if options.get("java_script_enabled", True):
            expect(page.locator("#id_company ~ .select2 [aria-label]")).to_be_visible()
        return page

    yield open_form
    # the sandbox of the frame blocks our listener for violations
    complaints = desk.visitors.complaints
    complaints[:] = [each for each in complaints if not each.startswith("Blocked script execution")]


def unfold(page, words):
    tab_to(page, re.compile(f"{words}.*"))
    page.keyboard.press("Enter")


def frame(page):
    return page.frame_locator("iframe[name=preview]")


PREVIEWS = {
    "Preview mail": "Northwind Energy writes:",
    "Preview mail as text": "would like to collect bills and usage data",
    "Preview page": "Message from Northwind Energy",
}


def test_invitation_is_created_by_keyboard(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries (Northwind Energy)")
    type_into(page, "Allowed addresses", '"Doe, J." <j@example.com>')
    type_into(page, "Your message", "Hello Anna")
    fill_in_beforehand(page)
    unfold(page, "More options")
    choose(page, "Redirect URL", "thanks", "https://northwind.example/thanks")
    for button, text in PREVIEWS.items():
        tab_to(page, button)
        page.keyboard.press("Enter")
        expect(frame(page).locator("body")).to_contain_text(text)
    press_on(page, "Create link only")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Link for")
    invitation = Invitation.objects.get()
    assert invitation.allowed_emails == ["j@example.com"]
    assert [site.name for site in invitation.company.sites.filter(pk__in=invitation.prefilled.initial_sites)] == [
        "Main bakery"
    ]
    assert invitation.prefilled.locks_provider
    assert invitation.redirect_url == "https://northwind.example/thanks"
    expect(page.locator(".copyable")).to_have_text(invitation.url)
    page.get_by_role("img", name="QR code of the link").evaluate("image => image.decode()")


def fill_in_beforehand(page):
    unfold(page, "Prefilled fields")
    choose(page, "Provider", "acme", "Acme Water")
    tab_to(page, "The contributor cannot change this: Provider")
    page.keyboard.press("Space")
    choose(page, "Sites", "main", "Main bakery")


def test_enter_waits_for_newest_answer(open_form):
    page = open_form()
    held = []

    def hold(route):
        held.append(route)

    page.route(re.compile("term=Riversi"), hold)
    tab_to(page, "Company")
    page.keyboard.press("Enter")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Hillside")
    with page.expect_request(re.compile("term=Riversi")):
        page.keyboard.type("Riversi")
        page.keyboard.press("Enter")
    expect(page.locator(".select2-results__option--highlighted")).to_have_count(0)
    held.pop().continue_()

    company = page.get_by_role("combobox", name=re.compile("^Company"))
    expect(company).to_contain_text("Riverside Bakeries")
    page.keyboard.type("Hill")  # the first letter opens the list again
    page.keyboard.press("Enter")
    expect(company).to_contain_text("Hillside Mill")


def test_changing_the_company_clears_its_sites(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    unfold(page, "Prefilled fields")
    choose(page, "Sites", "main", "Main bakery")
    choose(page, "Company", "hill", "Hillside Mill")

    expect(page.locator("#id_sites ~ .select2")).not_to_contain_text("Main bakery")
    page.locator("#id_sites ~ .select2 input").focus()
    page.keyboard.type("m")
    expect(page.locator(".select2-results__option--highlighted")).to_have_text("The mill")


def test_hidden_fields_are_not_sent(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    expect(page.locator("#id_connection ~ .select2")).to_be_hidden()
    expect(page.get_by_label("Last day")).to_be_hidden()
    unfold(page, "Prefilled fields")
    page.get_by_label("Country", exact=True).select_option("IE")
    page.get_by_label("Repair a connection").check()
    expect(page.locator("summary", has_text="Prefilled fields")).to_be_hidden()
    choose(page, "Connection to repair", "owner@", "Acme Water")
    page.get_by_label("Another number").check()
    page.get_by_label("How many uses").fill("2")
    page.get_by_role("button", name="Create link only").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Link for")
    invitation = Invitation.objects.get()
    assert (invitation.repairs, invitation.prefill, invitation.max_uses) == (True, {}, 2)


def test_double_click_and_back_create_one_invitation(open_form, northwind):
    for number in range(30):  # more than one page of offers
        CompanyFactory(name=f"Company {number}", partner=northwind.partner)
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_label("Allowed addresses").fill("anna@example.com")
    page.get_by_label("Another number").check()
    page.get_by_label("How many uses").fill("3")
    unfold(page, "Prefilled fields")
    page.locator("#id_sites ~ .select2 input").focus()
    page.keyboard.type("main")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Main bakery")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Create and mail").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Link for")
    page.go_back()

    expect(page.get_by_role("heading", level=1)).to_have_text("Create invitation")
    expect(page.get_by_role("combobox", name=re.compile("^Company"))).to_contain_text("Riverside Bakeries")
    expect(page.get_by_label("Another number")).to_be_checked()
    expect(page.get_by_label("How many uses")).to_have_value("3")
    expect(page.get_by_label("How many uses")).to_be_visible()
    expect(page.locator("#id_sites ~ .select2")).to_contain_text("Main bakery")
    expect(page.locator("#id_sites")).to_be_enabled()
    page.get_by_role("button", name="Create and mail").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Link for")
    expect(page.locator(".messagelist")).to_contain_text("This form was sent before, and created this invitation.")
    assert Invitation.objects.get().max_uses == 3
    page.get_by_role("link", name="Create another invitation").click()
    page.get_by_role("button", name="Create link only").click()
    expect(page.get_by_text("Nothing was mailed.")).to_be_visible()
    assert Invitation.objects.count() == 2


def test_form_works_without_javascript(open_form, northwind):
    page = open_form(java_script_enabled=False)
    page.get_by_label("Your message").fill("Hello <Anna>")
    page.get_by_label("Find a company").fill("river")
    page.get_by_role("button", name="Show what belongs to this company").click()
    expect(page.get_by_label("Company", exact=True).locator("option")).to_have_count(2)
    page.get_by_label("Company", exact=True).select_option(label="Riverside Bakeries (Northwind Energy)")
    page.get_by_role("button", name="Show what belongs to this company").click()
    page.locator("summary", has_text="Prefilled fields").click()
    page.get_by_label("Sites", exact=True).select_option(label="Shop at the station")
    page.get_by_label("Allowed addresses").fill("nonsense")
    page.get_by_role("button", name="Preview mail", exact=True).click()
    expect(frame(page).locator("body")).to_contain_text("nonsense – An email address must have an @-sign.")
    page.get_by_label("Allowed addresses").fill("")
    for button, text in PREVIEWS.items():
        page.get_by_role("button", name=button, exact=True).click()
        expect(frame(page).locator("body")).to_contain_text(text)
        expect(frame(page).locator("body")).to_contain_text("Hello <Anna>")
    assert not Invitation.objects.exists()
    page.get_by_role("button", name="Create link only").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Link for")
    invitation = Invitation.objects.get()
    assert (invitation.message, len(invitation.prefilled.initial_sites)) == ("Hello <Anna>", 1)


def test_print_shows_only_the_link(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_role("button", name="Create link only").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")

    for there in ("h1", ".copyable", "img.link__code", "dt >> text=Expires"):
        expect(page.locator(there)).to_be_visible()
    for gone in ("#header", "#nav-sidebar", ".breadcrumbs", ".messagelist", ".copy-button", ".submit-row"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_text("Who was mailed")).to_be_hidden()


def show_errors(page):
    unfold(page, "Prefilled fields")
    unfold(page, "More options")
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_label("Allowed addresses").fill("nonsense, b@c")
    page.get_by_label("At the end of a day").check()
    page.get_by_label("Repair a connection").check()
    page.get_by_role("button", name="Create and mail").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was created.")
    page.get_by_role("alert").get_by_role("link", name="Connection to repair").click()
    expect(page.get_by_role("combobox", name="Connection to repair")).to_be_focused()


def show_suggestions(page):
    choose(page, "Company", "river", "Riverside Bakeries")
    unfold(page, "Prefilled fields")
    page.locator("#id_sites ~ .select2 input").focus()
    page.keyboard.type("m")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Main bakery")


def show_link(page):
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_label("Allowed addresses").fill(f"a@example.com, {'long.' * 10}name@example.com, *@example.org")
    page.get_by_role("button", name="Allow 3 uses").click()
    page.get_by_role("button", name="Create and mail").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Link for")


def test_pages_are_accessible(northwind, open_form, desk):
    northwind.name = f"Riverside Bakeries {LONG}"
    northwind.save()
    page = open_form()
    for show in (show_errors, show_suggestions, show_link):
        page.goto(desk.base + ADD)
        show(page)
        check_page(page, show.__name__)
