"""Staff invite in a real browser: with and without scripts, by keyboard, on a phone, in light and dark."""

import re
from itertools import product

import pytest
from playwright.sync_api import expect

from invitations.models import Invitation
from tests.browser.axe import WIDTHS, nothing_is_in_the_way
from tests.browser.keyboard import choose, press_on, tab_to, type_into
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, make_connection

ADD = "/admin/invitations/invitation/add/"
LONG = "Wirtschaftsförderungsgesellschaftsverwaltung " * 3


@pytest.fixture
def northwind(live_server, settings):
    """A company with sites, a connection and places to go on to, and another with a site of its own."""
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
    # the tests' own listener for violations, which the frame's sandbox keeps out
    complaints = desk.visitors.complaints
    complaints[:] = [each for each in complaints if not each.startswith("Blocked script execution")]


def unfold(page, words):
    tab_to(page, re.compile(f"{words}.*"))
    page.keyboard.press("Enter")


def frame(page):
    return page.frame_locator("iframe[name=preview]")


LOOKS = {
    "Preview the mail": "Northwind Energy writes:",
    "Preview it as text": "and asks you to connect the utility account",
    "Preview the page": "Message from Northwind Energy",
}


def test_an_invitation_is_made_by_keyboard_alone(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries (Northwind Energy)")
    type_into(page, "For these addresses only", '"Doe, J." <j@example.com>')
    type_into(page, "Message", "Hello Anna")
    fill_in_beforehand(page)
    unfold(page, "Afterwards")
    choose(page, "Afterwards, go on to", "thanks", "https://northwind.example/thanks")
    for button, said in LOOKS.items():
        tab_to(page, button)
        page.keyboard.press("Enter")
        expect(frame(page).locator("body")).to_contain_text(said)
    press_on(page, "Only make the link")

    expect(page.get_by_role("heading", level=1)).to_have_text("Link for Riverside Bakeries")
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
    unfold(page, "Fill in beforehand")
    choose(page, "Provider", "acme", "Acme Water")
    tab_to(page, "The contributor cannot change this: Provider")
    page.keyboard.press("Space")
    choose(page, "Sites", "main", "Main bakery")


def test_another_company_lets_go_of_what_was_chosen_of_the_first(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    unfold(page, "Fill in beforehand")
    choose(page, "Sites", "main", "Main bakery")
    choose(page, "Company", "hill", "Hillside Mill")

    expect(page.locator("#id_sites ~ .select2")).not_to_contain_text("Main bakery")
    page.locator("#id_sites ~ .select2 input").focus()
    page.keyboard.type("m")
    expect(page.locator(".select2-results__option--highlighted")).to_have_text("The mill")


def test_what_a_choice_does_not_ask_for_is_out_of_sight_and_not_sent(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    expect(page.locator("#id_connection ~ .select2")).to_be_hidden()
    expect(page.get_by_label("Last day")).to_be_hidden()
    unfold(page, "Fill in beforehand")
    page.get_by_label("Country", exact=True).select_option("IE")
    page.get_by_label("Repair a connection").check()
    expect(page.locator("summary", has_text="Fill in beforehand")).to_be_hidden()
    choose(page, "Connection to repair", "owner@", "Acme Water")
    page.get_by_label("A certain number of times").check()
    page.get_by_label("How many times").fill("2")
    page.get_by_role("button", name="Only make the link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Link for Riverside Bakeries")
    invitation = Invitation.objects.get()
    assert (invitation.repairs, invitation.prefill, invitation.max_uses) == (True, {}, 2)


def test_a_double_click_makes_one_invitation(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_role("button", name="Only make the link").dblclick()

    expect(page.get_by_role("heading", level=1)).to_have_text("Link for Riverside Bakeries")
    assert Invitation.objects.count() == 1


def test_whoever_goes_back_sees_what_was_sent_and_makes_no_second_invitation(open_form, northwind):
    for number in range(30):  # so that the page itself no longer offers the company
        CompanyFactory(name=f"Company {number}", partner=northwind.partner)
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_label("For these addresses only").fill("anna@example.com")
    page.get_by_label("A certain number of times").check()
    page.get_by_label("How many times").fill("3")
    unfold(page, "Fill in beforehand")
    page.locator("#id_sites ~ .select2 input").focus()
    page.keyboard.type("main")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Main bakery")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Link for Riverside Bakeries")
    page.go_back()

    expect(page.get_by_role("heading", level=1)).to_have_text("Invite somebody")
    expect(page.get_by_role("combobox", name=re.compile("^Company"))).to_contain_text("Riverside Bakeries")
    expect(page.get_by_label("A certain number of times")).to_be_checked()
    expect(page.get_by_label("How many times")).to_have_value("3")
    expect(page.get_by_label("How many times")).to_be_visible()
    expect(page.locator("#id_sites ~ .select2")).to_contain_text("Main bakery")
    expect(page.locator("#id_sites")).to_be_enabled()
    page.get_by_role("button", name="Send it now").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Link for Riverside Bakeries")
    expect(page.locator(".messagelist")).to_contain_text("This form was sent before, and made this invitation.")
    assert Invitation.objects.get().max_uses == 3
    page.get_by_role("link", name="Invite somebody else").click()
    page.get_by_role("button", name="Only make the link").click()
    expect(page.get_by_text("The link is made.")).to_be_visible()
    assert Invitation.objects.count() == 2


def test_a_page_that_is_loaded_anew_after_going_back_makes_another(open_form):
    page = open_form()
    for number in (1, 2):
        choose(page, "Company", "river", "Riverside Bakeries")
        page.get_by_role("button", name="Only make the link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Link for Riverside Bakeries")
        assert Invitation.objects.count() == number
        page.go_back()
        page.reload()
        expect(page.locator("#id_company ~ .select2 [aria-label]")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_one_looks_before_one_sends(open_form, northwind, scripts):
    page = open_form(java_script_enabled=scripts)
    if scripts:
        choose(page, "Company", "river", "Riverside Bakeries")
    else:
        page.get_by_label("Company", exact=True).select_option(str(northwind.pk))
    page.get_by_label("Message").fill("Hello <Anna>")
    for button, said in LOOKS.items():
        page.get_by_role("button", name=button).click()
        expect(frame(page).locator("body")).to_contain_text(said)
        expect(frame(page).locator("body")).to_contain_text("Hello <Anna>")
    page.get_by_label("For these addresses only").fill("nonsense")
    page.get_by_role("button", name="Preview the mail").click()
    expect(frame(page).locator("body")).to_contain_text("nonsense – An email address must have an @-sign.")
    expect(page.get_by_label("Message")).to_have_value("Hello <Anna>")
    assert not Invitation.objects.exists()


def test_without_scripts_a_button_shows_what_belongs_to_the_company(open_form, northwind):
    page = open_form(java_script_enabled=False)
    page.get_by_label("Message").fill("Half a sentence")
    page.get_by_label("Find a company").fill("river")
    page.get_by_role("button", name="Show what belongs to this company").click()
    expect(page.get_by_label("Company", exact=True).locator("option")).to_have_count(2)
    page.get_by_label("Company", exact=True).select_option(label="Riverside Bakeries (Northwind Energy)")
    page.get_by_role("button", name="Show what belongs to this company").click()
    expect(page.get_by_label("Message")).to_have_value("Half a sentence")
    page.locator("summary", has_text="Fill in beforehand").click()
    page.get_by_label("Sites", exact=True).select_option(label="Shop at the station")
    page.get_by_role("button", name="Only make the link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Link for Riverside Bakeries")
    invitation = Invitation.objects.get()
    assert (invitation.message, len(invitation.prefilled.initial_sites)) == ("Half a sentence", 1)


def test_the_print_has_the_company_the_link_the_code_and_the_day_and_nothing_else(open_form):
    page = open_form()
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_role("button", name="Only make the link").click()
    expect(page.get_by_role("button", name="Print this")).to_be_visible()
    page.emulate_media(media="print")

    for there in ("h1", ".copyable", "img.link__code", "dt >> text=Works until"):
        expect(page.locator(there)).to_be_visible()
    for gone in ("#header", "#nav-sidebar", ".breadcrumbs", ".messagelist", ".copy-button", ".submit-row"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_text("Who was mailed")).to_be_hidden()


def show_form(page):
    unfold(page, "Fill in beforehand")
    unfold(page, "Afterwards")


def show_errors(page):
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_label("For these addresses only").fill("nonsense, b@c")
    page.get_by_label("On a certain day").check()
    page.get_by_label("Repair a connection").check()
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was made yet.")
    page.get_by_role("alert").get_by_role("link", name="Connection to repair").click()
    expect(page.get_by_role("combobox", name="Connection to repair")).to_be_focused()


def show_suggestions(page):
    choose(page, "Company", "river", "Riverside Bakeries")
    unfold(page, "Fill in beforehand")
    page.locator("#id_sites ~ .select2 input").focus()
    page.keyboard.type("m")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Main bakery")


def show_preview(page):
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_role("button", name="Preview the page").click()
    expect(frame(page).locator("h1")).to_be_visible()


def show_link(page):
    choose(page, "Company", "river", "Riverside Bakeries")
    page.get_by_label("For these addresses only").fill(f"a@example.com, {'long.' * 10}name@example.com, *@example.org")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Link for Riverside Bakeries")


def test_nothing_is_in_the_way_of_anybody(northwind, open_form, desk):
    northwind.name = f"Riverside Bakeries {LONG}"
    northwind.save()
    page = open_form()
    for width, show in product(WIDTHS, (show_form, show_errors, show_suggestions, show_preview, show_link)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(desk.base + ADD)
        show(page)
        nothing_is_in_the_way(page, show.__name__, widths=(width,))
