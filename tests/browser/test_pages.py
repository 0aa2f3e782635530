"""Pages of the contributor: accessible, and without sideways scrolling on small screens."""

import pytest
from playwright.sync_api import expect

from companies.models import Company
from connections.models import Datasource
from invitations.models import Delivery, Invitation, unsubscribe_url
from invitations.services.reminders.subscriptions import ensure_subscriptions
from tests.browser.axe import DESKTOP, PICTURES, check_page
from tests.factories import DatasourceFactory
from tests.invitations.repairs import expire

LONG = "Wirtschaftsförderungsgesellschaftsverwaltung " * 3

LENGTHEN_WORDS = """() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const lengthen = (word) => word + word.slice(0, Math.ceil(word.length / 2));
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(/\\p{L}{2,}/gu, lengthen);
}"""


def provider(name):
    return str(Datasource.objects.get(name=name).pk)


def connect(page):
    page.locator("[name=username]").fill("riverside")
    page.locator("[name=password]").fill("secret")
    page.locator("button[type=submit]").click()


def open_invitation(page, partner):
    page.goto(partner.invite(message=f"Hello,\n{LONG}", maxUses=3, expiresInSeconds=86_400)["invitationUrl"])


def open_restricted(page, partner):
    page.goto(partner.invite(allowedEmails=["a@example.com"])["invitationUrl"])


def open_verify(page, partner):
    page.goto(partner.invite(allowedEmails=["a@example.com"])["invitationUrl"] + "/verify")


def open_code(page, partner):
    open_verify(page, partner)
    page.get_by_label("Your email address").fill("a@example.com")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code")
    expect(page.get_by_label("Code")).to_be_focused()


def open_wrong_code(page, partner):
    open_code(page, partner)
    page.locator("[name=code]").fill("12")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("A code has six digits, or eight.")


def open_form(page, partner):
    page.goto(partner.invite()["invitationUrl"] + "/connect")


def open_filled_form(page, partner):
    prefill = {
        "datasourceId": provider("Hydro One"),
        "initialSites": [str(site.pk) for site in partner.company.sites.all()],
        "utilityTypes": ["GAS", "DISTRICT"],
        "connectionOwnerEmail": "owner@example.com",
        "dataCollectionStartDate": "2024-02-29",
    }
    page.goto(partner.invite(prefill=prefill)["invitationUrl"] + "/connect")


def open_locked_form(page, partner):
    reset = f"https://{'my-account.' * 5}hydroone.example/forgotten-password"
    facts = {"login_with": "EMAIL_OR_USER_NAME", "second_factor": "TEXT_MESSAGE", "password_reset_url": reset}
    Datasource.objects.filter(name="Hydro One").update(portal_name="My Account", **facts)
    prefill = {
        "datasourceId": provider("Hydro One"),
        "country": "CA",
        "initialSites": [str(site.pk) for site in partner.company.sites.all()],
        "utilityTypes": ["GAS", "DISTRICT"],
        "lockedFields": ["datasourceId", "country", "initialSites", "utilityTypes"],
    }
    page.goto(partner.invite(prefill=prefill)["invitationUrl"] + "/connect")


def open_errors(page, partner):
    open_form(page, partner)
    page.locator("form").evaluate("form => { form.noValidate = true; }")
    page.locator("[name=owner_email]").fill("a@b@c")
    page.locator("button[type=submit]").click()
    expect(page.get_by_role("alert")).to_contain_text("Please check 4 things")


def open_choice(page, partner):
    open_form(page, partner)
    page.locator("[name=provider]").fill("Berliner")
    connect(page)
    expect(page.get_by_role("radio")).to_have_count(2)


def open_suggestions(page, partner):
    open_form(page, partner)
    page.locator("[name=provider]").press_sequentially("hydro")
    expect(page.locator("[role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")


def open_done(page, partner):
    open_filled_form(page, partner)
    connect(page)
    page.wait_for_url("**/done/*")


def open_done_of_another(page, partner):
    page.goto(partner.invite()["invitationUrl"] + "/done")


def open_withdraw(page, partner):
    open_done(page, partner)
    page.get_by_role("link", name="Withdraw the consent").click()


def open_withdraw_question(page, partner):
    open_withdraw(page, partner)
    page.get_by_role("link", name="Continue").click()


def open_withdrawn(page, partner):
    open_withdraw_question(page, partner)
    page.get_by_role("button", name="Yes, withdraw my consent").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have withdrawn your consent")


def open_revoked(page, partner):
    invitation = partner.invite()
    partner.call("POST", f"invitation/{invitation['id']}/revoke", {})
    page.goto(invitation["invitationUrl"])


def open_decline(page, partner):
    page.goto(partner.invite()["invitationUrl"])
    page.get_by_role("link", name="This is not for me").click()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a reason.")


def open_asked(page, partner):
    url = partner.invite(allowedEmails=["a@example.com"])["invitationUrl"]
    expire(Invitation.objects.get())
    page.goto(url)
    page.get_by_role("button", name="Ask for a new link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You asked for a new link")


def open_restricted_repair(page, partner):
    login = {"url": "https://portal.utility.example", "username": "riverside", "password": "secret"}
    connection = partner.call("POST", f"connection/company/{partner.company.pk}", login)
    body = {"allowedEmails": ["a@example.com"], "message": f"Hello,\n{LONG}"}
    page.goto(partner.call("POST", f"invitation/connection/{connection['id']}", body)["invitationUrl"])
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing to do at the moment")


def open_unsubscribed(page, partner):
    partner.invite(allowedEmails=["a@example.com"], sendEmail=True)
    (subscription,) = ensure_subscriptions(list(Delivery.objects.all())).values()
    page.goto(unsubscribe_url(subscription.token))
    page.get_by_role("button", name="Stop reminders").click()
    expect(page.get_by_role("button", name="Get reminders again")).to_be_visible()


def open_form_whose_provider_is_gone(page, partner):
    gone = DatasourceFactory()
    url = partner.invite(prefill={"datasourceId": str(gone.pk), "lockedFields": ["datasourceId"]})["invitationUrl"]
    gone.delete()
    page.goto(url + "/connect")
    expect(page.get_by_role("heading", level=1)).to_have_text("This invitation needs a correction")


def open_unknown(page, partner):
    page.goto(f"{partner.base}/p/i/{'x' * 43}")


def open_refused_form(page, partner):
    open_form(page, partner)
    page.context.clear_cookies()
    page.locator("[name=provider]").fill("portal.utility.example")
    connect(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Please send the form again")


# variants of the pages above, for `make pictures`
VARIATIONS = {
    open_restricted,
    open_code,
    open_form,
    open_done_of_another,
    open_restricted_repair,
    open_form_whose_provider_is_gone,
    open_asked,
    open_withdraw,
    open_withdraw_question,
}
PAGES = [page for name, page in sorted(globals().items()) if name.startswith("open_")]


def page_name(open_page):
    return open_page.__name__.removeprefix("open_")


@pytest.mark.parametrize("open_page", [page for page in PAGES if PICTURES or page not in VARIATIONS], ids=page_name)
def test_page_is_accessible(partner, visitors, open_page):
    if not PICTURES:
        Company.objects.filter(pk=partner.company.pk).update(name=LONG)
    page = visitors.visitor(viewport={"width": DESKTOP, "height": 900}, reduced_motion="reduce")
    open_page(page, partner)
    check_page(page)
    check_smallest_phone(page)


def check_smallest_phone(page):
    """Check that the page does not scroll sideways, and that its controls are large enough for a thumb.

    The words are half as long again, as in German.
    """
    page.set_viewport_size({"width": 320, "height": 640})
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    page.evaluate(LENGTHEN_WORDS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = "a.button, button, input:not([type=hidden]):not([type=checkbox]):not([type=radio]), select"
    heights = page.locator(small).evaluate_all("all => all.map((each) => each.getBoundingClientRect().height)")
    assert all(height >= 44 for height in heights if height), heights


def test_links_elsewhere_carry_no_referer(partner, visitors):
    page = visitors.visitor()
    asked = []
    page.context.route("https://northwind.example/**", lambda route: (asked.append(route.request), route.fulfill()))
    url = partner.invite(redirectUrl="https://northwind.example/thanks")["invitationUrl"]
    page.goto(url + "/connect")
    page.locator("[name=provider]").fill("portal.utility.example")
    connect(page)
    page.get_by_role("link", name="Continue to northwind.example").click()
    page.wait_for_url("https://northwind.example/thanks")
    assert "referer" not in asked[0].all_headers()
    visitors.complaints.remove("asked for https://northwind.example/thanks")
