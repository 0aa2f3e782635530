"""Form in a browser: suggestions, extra fields, double clicks and the Back button."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from connections.models import Connection, Datasource
from connections.services.sandbox import ensure_demanding_sandbox
from invitations.models import Invitation
from tests.browser.axe import check_page
from tests.browser.conftest import LAN_NAME
from tests.browser.people import expect_saved, field, log_in_with, press


def test_edited_provider_drops_choice(partner, visitor):
    Datasource.objects.filter(name="Octopus Energy").update(
        login_with="EMAIL", password_reset_url="https://octopus.example/reset"
    )
    visitor.goto(partner.invite()["invitationUrl"] + "/connect")
    provider = field(visitor, "Provider")
    provider.press_sequentially("octopus")
    visitor.get_by_role("option", name="Octopus Energy").click()
    expect(visitor.get_by_text("with your email address.")).to_be_visible()
    expect(visitor.get_by_role("link", name="octopus.example")).to_have_attribute(
        "href", "https://octopus.example/reset"
    )
    expect(field(visitor, "Email address at the provider")).to_be_visible()
    provider.fill("https://portal.utility.example/login")
    expect(visitor.get_by_text("Found in our list")).to_be_hidden()
    expect(visitor.get_by_text("with your email address.")).to_be_hidden()
    expect(visitor.get_by_role("link", name="octopus.example")).to_be_hidden()
    log_in_with(visitor)
    press(visitor)
    expect_saved(visitor, "portal.utility.example")
    assert Connection.objects.get().datasource is None


def test_chosen_provider_shows_extra_fields(partner, visitor):
    ensure_demanding_sandbox()
    visitor.goto(partner.invite()["invitationUrl"] + "/connect")
    account_number = visitor.locator("[name=account_number]")
    optional = visitor.locator("label", has_text="Account number").get_by_text("(optional)")
    field(visitor, "Provider").press_sequentially("demanding")
    expect(account_number).to_be_hidden()
    visitor.get_by_role("option", name="Demanding Sandbox").click()
    expect(visitor.locator(".combobox__chosen")).to_contain_text("It asks for more than a password")
    expect(account_number).to_be_visible()
    expect(account_number).to_have_attribute("required", "")
    expect(optional).to_be_hidden()
    expect(visitor.locator("[name=security_answer]")).not_to_have_attribute("required", "")
    check_page(visitor)

    hint = visitor.get_by_text("“Password” begins or ends with a blank.")
    log_in_with(visitor, password="pa55\u200b")
    field(visitor, "User name").focus()
    expect(hint).to_be_visible()
    log_in_with(visitor, password="pa55")
    field(visitor, "User name").focus()
    expect(hint).to_be_hidden()

    field(visitor, "Provider").fill("portal.utility.example")
    expect(account_number).not_to_have_attribute("required", "")
    expect(optional).to_be_visible()


def test_form_works_over_http_on_lan_name(chromium, partner, settings):
    """Browsers send no `Sec-Fetch-Site` to such a server, so the `Origin` must tell where the form came from."""
    settings.ALLOWED_HOSTS = ["localhost", LAN_NAME]
    address = urlsplit(partner.invite()["invitationUrl"])
    with chromium.new_context() as context:
        visitor = context.new_page()
        visitor.goto(address._replace(netloc=f"{LAN_NAME}:{address.port}").geturl() + "/connect")
        field(visitor, "Provider").fill("portal.utility.example")
        log_in_with(visitor)
        press(visitor)
        expect_saved(visitor, "portal.utility.example")


def test_double_click_and_back_connect_once(partner, visitor):
    visitor.goto(partner.invite(maxUses=3)["invitationUrl"] + "/connect")
    field(visitor, "Provider").fill("portal.utility.example")
    log_in_with(visitor)
    visitor.get_by_role("button", name="Connect account").dblclick(no_wait_after=True)
    expect_saved(visitor, "portal.utility.example")
    visitor.go_back()
    # no-store: the browser requests the page again without the input
    expect(field(visitor, "User name")).to_have_value("")
    expect(visitor.locator("[name=password]")).to_have_value("")
    field(visitor, "Provider").fill("portal.utility.example")
    log_in_with(visitor)
    press(visitor)
    expect(visitor.get_by_role("alert")).to_contain_text("You have already connected this account")
    check_page(visitor)
    assert (Connection.objects.count(), Invitation.objects.get().use_count) == (1, 1)
