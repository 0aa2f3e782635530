"""The form in a browser: suggestions, the password's button, and people who press twice or go back."""

from playwright.sync_api import expect

from connections.models import Connection
from connections.services.sandbox import ensure_demanding_sandbox
from invitations.models import Invitation
from tests.browser.axe import nothing_is_in_the_way
from tests.browser.people import expect_saved, field, log_in_with, press


def test_the_browser_asks_for_what_is_missing_before_anything_is_sent(partner, visitor):
    visitor.goto(partner.invite()["invitationUrl"] + "/connect")
    press(visitor)
    expect(field(visitor, "Provider")).to_be_focused()
    assert visitor.url.endswith("/connect")
    assert not Connection.objects.exists()


def test_another_text_after_choosing_makes_the_choice_void(partner, visitor):
    visitor.goto(partner.invite()["invitationUrl"] + "/connect")
    provider = field(visitor, "Provider")
    provider.press_sequentially("octopus")
    visitor.get_by_role("option", name="Octopus Energy").click()
    provider.fill("https://portal.utility.example/login")
    expect(visitor.get_by_text("Found in our list")).to_be_hidden()
    log_in_with(visitor)
    press(visitor)
    expect_saved(visitor, "portal.utility.example")
    assert Connection.objects.get().datasource is None


def test_a_provider_says_what_else_it_asks_for_as_soon_as_it_is_chosen(partner, visitor):
    ensure_demanding_sandbox()
    visitor.goto(partner.invite()["invitationUrl"] + "/connect")
    account_number = visitor.locator("[name=account_number]")
    optional = visitor.locator("label", has_text="Account number").get_by_text("(optional)")
    field(visitor, "Provider").press_sequentially("demanding")
    expect(account_number).to_be_hidden()
    visitor.get_by_role("option", name="Demanding Sandbox").click()
    expect(visitor.get_by_text("It asks for more than a password: see your login below.")).to_be_visible()
    expect(account_number).to_be_visible()
    expect(account_number).to_have_attribute("required", "")
    expect(optional).to_be_hidden()
    expect(visitor.locator("[name=security_answer]")).not_to_have_attribute("required", "")
    nothing_is_in_the_way(visitor)

    field(visitor, "Provider").fill("portal.utility.example")
    expect(account_number).not_to_have_attribute("required", "")
    expect(optional).to_be_visible()


def test_a_double_click_connects_once(partner, visitor):
    invitation = partner.invite(maxUses=3)
    visitor.goto(invitation["invitationUrl"] + "/connect")
    field(visitor, "Provider").fill("portal.utility.example")
    log_in_with(visitor)
    visitor.get_by_role("button", name="Connect account").dblclick(no_wait_after=True)
    expect_saved(visitor, "portal.utility.example")
    assert (Connection.objects.count(), Invitation.objects.get().use_count) == (1, 1)


def test_going_back_and_pressing_again_connects_once(partner, visitor):
    invitation = partner.invite(maxUses=3)
    visitor.goto(invitation["invitationUrl"] + "/connect")
    field(visitor, "Provider").fill("portal.utility.example")
    log_in_with(visitor)
    press(visitor)
    expect_saved(visitor, "portal.utility.example")
    visitor.go_back()
    # no-store: the browser asks for the page again, and it knows nothing of what was typed
    expect(field(visitor, "User name")).to_have_value("")
    expect(visitor.locator("[name=password]")).to_have_value("")
    assert Connection.objects.count() == 1


def test_the_password_is_shown_on_request_and_hidden_before_it_leaves(partner, visitor):
    visitor.goto(partner.invite()["invitationUrl"] + "/connect")
    password = visitor.locator("[name=password]")
    expect(password).to_have_attribute("type", "password")
    password.fill("secret")
    press(visitor, "Show password")
    expect(password).to_have_attribute("type", "text")
    press(visitor, "Hide password")
    expect(password).to_have_attribute("type", "password")
