"""Contributors verify their address: with a code, with the link in their mail, in a second browser."""

import pytest
from playwright.sync_api import expect

from connections.models import Connection
from invitations.models import FormDraft, Invitation
from tests.browser.axe import check_page
from tests.browser.people import expect_saved, field, log_in_with, press
from tests.browser.workers import run_worker
from tests.invitations.clock import pass_time

ANNA = "anna@example.com"
MASKED = "a•••@example.com"


@pytest.fixture
def mails(partner):
    with run_worker() as mails:
        yield mails


def heading(page, words):
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def ask_for_code(page, invitation, address):
    page.goto(invitation["invitationUrl"])
    page.get_by_role("link", name="Continue").click()
    heading(page, "Verify your email address")
    page.get_by_label("Your email address").fill(address)
    press(page, "Send me a code")
    heading(page, "Enter the code")


def enter(page, code):
    page.get_by_label("Code").fill(code)
    press(page, "Continue")


def other_than(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def connect_somewhere(page):
    heading(page, "Connect a utility account")
    field(page, "Provider").fill("portal.utility.example")
    log_in_with(page)
    press(page)
    expect_saved(page, "portal.utility.example")


def events(invitation):
    return [event.type for event in Invitation.objects.get(pk=invitation["id"]).events.order_by("pk")]


def test_form_goes_on_at_second_device(partner, visitors, mails):
    invitation = partner.invite(allowedEmails=[ANNA])
    visitor = visitors.visitor()
    ask_for_code(visitor, invitation, " Anna@Example.COM ")
    expect(visitor.get_by_label("Code")).to_be_focused()
    code = mails.code(ANNA)
    enter(visitor, other_than(code))
    expect(visitor.get_by_role("alert")).to_contain_text("That code is not right")
    enter(visitor, f" {code[:3]} {code[3:]} ")

    expect(field(visitor, "Email of the account’s owner")).to_have_value(ANNA)
    log_in_with(visitor)
    with visitor.expect_response("**/draft") as saved:
        visitor.get_by_label("Cold store").check()
        field(visitor, "Country").select_option("FR")
    assert (saved.value.status, "riverside" in (saved.value.request.post_data or "")) == (204, False)

    pass_time(minutes=1)
    visitor = visitors.visitor()
    ask_for_code(visitor, invitation, ANNA)
    enter(visitor, mails.code(ANNA, number=2))
    expect(visitor.get_by_text("We kept what you typed on")).to_be_visible()
    expect(visitor.get_by_label("Cold store")).to_be_checked()
    expect(field(visitor, "Country")).to_have_value("FR")
    expect(field(visitor, "User name")).to_have_value("")
    check_page(visitor)
    connect_somewhere(visitor)
    assert not FormDraft.objects.exists()
    assert Connection.objects.get().verified_email == ANNA
    assert events(invitation) == ["CREATED", "VIEWED", "CODE_SENT", "VERIFICATION_FAILED", "EMAIL_VERIFIED", "USED"]


def test_verification_without_javascript_reveals_no_address(partner, visitors, mails):
    invitation = partner.invite(allowedEmails=[ANNA])
    said = []
    for address in ("stranger@example.com", ANNA):
        page = visitors.visitor(java_script_enabled=False)
        ask_for_code(page, invitation, address)
        said.append(page.locator("main").inner_text().replace(address, "…"))
    assert said[0] == said[1]

    enter(page, mails.code(ANNA))
    connect_somewhere(page)
    assert set(mails.server.recipients) == {ANNA}


def test_personal_link_verifies_by_button(partner, visitor, mails):
    invitation = partner.invite(allowedEmails=[ANNA, "bo@example.com"], sendEmail=True)
    for _ in range(2):
        visitor.goto(mails.link(ANNA))
    assert "EMAIL_VERIFIED" not in events(invitation)
    expect(visitor.locator("main")).not_to_contain_text(ANNA)
    press(visitor, f"Continue as {MASKED}")
    heading(visitor, "Connect a utility account")

    visitor.goto(mails.link(ANNA))
    visitor.get_by_role("link", name="Continue").click()
    connect_somewhere(visitor)
    assert Connection.objects.get().verified_email == ANNA
    assert events(invitation).count("EMAIL_VERIFIED") == 1


def test_personal_link_in_second_browser_asks_code(partner, visitors, mails):
    partner.invite(allowedEmails=[ANNA], sendEmail=True)
    first, second = visitors.visitor(), visitors.visitor()
    link = mails.link(ANNA)
    first.goto(link)
    press(first, f"Continue as {MASKED}")
    heading(first, "Connect a utility account")

    second.goto(link)
    press(second, f"Continue as {MASKED}")
    expect(second.get_by_role("alert")).to_contain_text("opened in another browser first")
    press(second, f"Send a code to {MASKED}")
    heading(second, "Enter the code")
    expect(second.locator("main")).to_contain_text(MASKED)
    expect(second.locator("main")).not_to_contain_text(ANNA)
    enter(second, mails.code(ANNA, number=2))
    connect_somewhere(second)
    first.reload()
    heading(first, "Connect a utility account")
