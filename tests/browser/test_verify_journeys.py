"""How people prove their address: with a code, with the link in their mail, in another browser."""

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from connections.models import Connection
from invitations.models import Invitation, VerificationCode
from tests.browser.people import expect_saved, field, log_in_with, press
from tests.browser.workers import working

ANNA = "anna@example.com"


@pytest.fixture
def mails(partner):
    with working(partner.base) as mails:
        yield mails


def heading(page, words):
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def expect_code_page(page):
    heading(page, "Enter the code")
    expect(page.get_by_label("Code")).to_be_focused()


def ask_for_code(page, invitation, address):
    page.goto(invitation["invitationUrl"])
    page.get_by_role("link", name="Continue").click()
    heading(page, "Verify your email address")
    page.get_by_label("Your email address").fill(address)
    press(page, "Send me a code")
    expect_code_page(page)


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


def test_a_wrong_code_and_then_the_right_one(partner, visitor, mails):
    invitation = partner.invite(allowedEmails=[ANNA])
    ask_for_code(visitor, invitation, " Anna@Example.COM ")
    code = mails.code(ANNA)
    enter(visitor, other_than(code))
    expect(visitor.get_by_role("alert")).to_contain_text("That is not the code")
    expect(visitor.get_by_label("Code")).to_have_attribute("autocomplete", "one-time-code")
    enter(visitor, f" {code[:3]} {code[3:]} ")

    expect(field(visitor, "Email of the account’s owner")).to_have_value(ANNA)
    connect_somewhere(visitor)
    assert Connection.objects.get().verified_email == ANNA
    assert events(invitation) == ["CREATED", "VIEWED", "CODE_SENT", "VERIFICATION_FAILED", "EMAIL_VERIFIED", "USED"]


def test_the_same_without_javascript(partner, visitors, mails):
    visitor = visitors.visitor(java_script_enabled=False)
    ask_for_code(visitor, partner.invite(allowedEmails=[ANNA]), ANNA)
    enter(visitor, mails.code(ANNA))
    connect_somewhere(visitor)


def test_the_link_of_a_mail_proves_its_address_by_a_button(partner, visitor, mails):
    invitation = partner.invite(allowedEmails=[ANNA, "bo@example.com"], sendEmail=True)
    for _ in range(2):
        visitor.goto(mails.link(ANNA))
    assert "EMAIL_VERIFIED" not in events(invitation)
    expect(visitor.locator("main")).not_to_contain_text(ANNA)
    press(visitor, "Continue as a•••@example.com")
    connect_somewhere(visitor)
    assert Connection.objects.get().verified_email == ANNA
    assert events(invitation).count("EMAIL_VERIFIED") == 1


def test_the_browser_that_pressed_first_goes_straight_on_when_it_comes_back(partner, visitor, mails):
    partner.invite(allowedEmails=[ANNA], sendEmail=True)
    visitor.goto(mails.link(ANNA))
    press(visitor, "Continue as a•••@example.com")
    heading(visitor, "Connect a utility account")
    visitor.goto(mails.link(ANNA))
    visitor.get_by_role("link", name="Continue").click()
    heading(visitor, "Connect a utility account")


def test_in_a_second_browser_the_same_link_asks_for_a_code(partner, visitors, mails):
    partner.invite(allowedEmails=[ANNA], sendEmail=True)
    first, second = visitors.visitor(), visitors.visitor()
    link = mails.link(ANNA)
    first.goto(link)
    press(first, "Continue as a•••@example.com")
    heading(first, "Connect a utility account")

    second.goto(link)
    press(second, "Continue as a•••@example.com")
    expect(second.get_by_role("alert")).to_contain_text("opened in another browser first")
    press(second, "Send a code to a•••@example.com")
    expect_code_page(second)
    expect(second.locator("main")).to_contain_text("a•••@example.com")
    expect(second.locator("main")).not_to_contain_text(ANNA)
    enter(second, mails.code(ANNA, number=2))
    connect_somewhere(second)
    first.reload()
    heading(first, "Connect a utility account")


def test_a_wrong_address_is_answered_with_the_same_words_and_gets_no_mail(partner, visitors, mails):
    invitation = partner.invite(allowedEmails=[ANNA])
    said = []
    for address in ("stranger@example.com", ANNA):
        page = visitors.visitor()
        ask_for_code(page, invitation, address)
        said.append(page.locator("main").inner_text().replace(address, "…"))
    assert said[0] == said[1]
    mails.code(ANNA)
    assert mails.server.recipients == [ANNA]


def test_another_code_can_be_asked_for_after_a_while_and_the_first_still_works(partner, visitor, mails):
    ask_for_code(visitor, partner.invite(allowedEmails=[ANNA]), ANNA)
    first = mails.code(ANNA)
    VerificationCode.objects.update(created_at=timezone.now())  # however long its mail took
    press(visitor, "Send another code")
    expect(visitor.get_by_role("alert")).to_contain_text(re.compile("try again in [0-9]+ seconds"))
    VerificationCode.objects.update(created_at=F("created_at") - timedelta(seconds=31))
    press(visitor, "Send me a code")
    expect_code_page(visitor)
    assert mails.code(ANNA, number=2) != first
    enter(visitor, first)
    heading(visitor, "Connect a utility account")


def test_a_link_that_was_mailed_before_still_works_after_another_was_sent(partner, visitor, mails):
    invitation = partner.invite(allowedEmails=[ANNA], sendEmail=True)
    earlier = mails.link(ANNA)
    partner.call("POST", f"invitation/{invitation['id']}/resend", {})
    assert mails.link(ANNA, number=2)
    visitor.goto(earlier)
    press(visitor, "Continue as a•••@example.com")
    heading(visitor, "Connect a utility account")
