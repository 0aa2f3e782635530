"""Staff follow invitations: find, copy, mail again, correct, extend, limit and revoke."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from invitations.models import Invitation
from invitations.services.invitations import record_view
from tests.browser.axe import PHONE, check_page
from tests.browser.keyboard import choose, press_on, tab_to, type_into
from tests.browser.workers import run_worker
from tests.factories import CompanyFactory, make_invitation

WRONG, RIGHT = "anna@exmaple.com", "anna@example.com"
OURS = re.compile("(?!Select).*Riverside Bakeries")  # the link of a row names recipients and company
LIST = "/admin/invitations/invitation/"


def next_step(page):
    return page.get_by_role("region", name="Next step")


def said(page, words):
    expect(page.locator(".messagelist")).to_contain_text(words)


# --- by keyboard ----------------------------------------------------------------------------------------------


def test_bounced_address_is_corrected_and_invitation_revoked(partner, desk, visitors):
    page, anna = desk.open(LIST), visitors.visitor()
    with run_worker() as mails:
        mails.server.answers[WRONG] = ["550 5.1.1 no such user here"]
        invite(page, WRONG, "ben@example.com")
        mails.of("ben@example.com")
        page.goto(partner.base + LIST)
        find_what_failed(page)
        correct(page)
        link = mails.link(RIGHT)
        anna.goto(link)
        anna.get_by_role("button", name=re.compile("Continue as")).click()
        anna.wait_for_url("**/connect")
    extend(page)
    revoke(page)

    anna.goto(link)
    expect(anna.get_by_role("heading", level=1)).to_have_text("This invitation was revoked")
    events = Invitation.objects.get().events.exclude(user=None).order_by("pk")
    assert {str(event.user) for event in events} == {"Mary Okafor"}
    assert [event.type for event in events] == ["CREATED", "UPDATED", "RESENT", "UPDATED", "REVOKED"]


def invite(page, *emails):
    press_on(page, "Create invitation")
    choose(page, "Company", "river", "Riverside Bakeries")
    type_into(page, "Allowed addresses", ", ".join(emails))
    tab_to(page, re.compile("In 14 days: .*"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("In 1 day: ")).to_be_checked()
    tab_to(page, "Allow 2 uses")
    page.keyboard.press("Enter")
    expect(page.get_by_label("How many uses")).to_have_value("2")
    press_on(page, "Create and mail")
    said(page, "being mailed to 2 addresses.")


def find_what_failed(page):
    press_on(page, "Mail failed")
    press_on(page, OURS)
    expect(next_step(page)).to_contain_text(f"The mail to {WRONG} did not arrive.")
    expect(page.get_by_role("row", name=WRONG)).to_contain_text("550 5.1.1 no such user here")


def correct(page):
    press_on(page, f"Correct {WRONG}")
    type_into(page, "Right address", f"{RIGHT}x@")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Right address")).to_have_value(f"{RIGHT}x@")
    type_into(page, "Right address", RIGHT)
    press_on(page, "Correct and mail")
    expect(page.get_by_text(f"A mail to {RIGHT} is on its way.")).to_be_visible()
    expect(page.get_by_role("row", name=WRONG)).to_contain_text("No longer on the invitation")
    expect(next_step(page)).to_contain_text(Invitation.objects.get().url)


def extend(page):
    press_on(page, "Extend")
    tab_to(page, re.compile("14 days more: .*"))
    page.keyboard.press("ArrowUp")
    press_on(page, "Change expiry")
    expect(next_step(page)).to_contain_text("Expires: in 8")


def revoke(page):
    press_on(page, "Revoke")
    type_into(page, "Reason (optional)", "Anna has left")
    page.keyboard.press("Enter")
    expect(next_step(page)).to_contain_text("This invitation was revoked, and its link does not work.")
    expect(page.get_by_role("region", name="Events")).to_contain_text("Mary Okafor")
    expect(page.get_by_role("region", name="Events")).to_contain_text("Reason: Anna has left")


def test_invitation_is_found_copied_limited_and_rotated(partner, desk, at):
    make_invitation(CompanyFactory(name="Hillside Mill"), allowed_emails=["ben@example.com"])
    page = desk.open(LIST)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    narrow(page)
    press_on(page, OURS)

    tab_to(page, "Copy link")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    before = Invitation.objects.get(company=partner.company)
    assert page.evaluate("navigator.clipboard.readText()") == before.url

    press_on(page, "Mail again")
    tab_to(page, "ben@example.com")
    page.keyboard.press("Space")
    press_on(page, "Mail again")
    said(page, "The invitation is being mailed again to")
    press_on(page, "Change limits")
    type_into(page, "How many uses", "7")
    type_into(page, "Allowed addresses", "Ben <ben@example.com>")
    press_on(page, "Change limits")
    said(page, "The limits were changed.")
    press_on(page, "Replace link")
    press_on(page, "Replace link")
    after = Invitation.objects.get(company=partner.company)
    expect(next_step(page)).to_contain_text(after.url)
    assert (after.max_uses, after.allowed_emails, after.url != before.url) == (7, ["ben@example.com"], True)


def narrow(page):
    """Search for words, filter by status, and filter by company."""
    rows = page.locator("#result_list tbody tr")
    type_into(page, "Search", "ben@example.com")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    press_on(page, "Active")
    expect(rows).to_have_count(2)
    choose(page, "company", "river", "Riverside Bakeries")
    press_on(page, "Show")
    expect(rows).to_have_count(1)


def test_phone_without_javascript_filters_and_rotates(partner, desk):
    for _ in range(20):
        make_invitation(partner.company)
    page = desk.open(LIST, viewport={"width": PHONE, "height": 844}, java_script_enabled=False)
    assert page.get_by_role("link", name="Filter", exact=True).bounding_box()["y"] < 844
    tab_to(page, "Filter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Filter")).to_be_in_viewport()
    press_on(page, "Revoked")
    expect(page.get_by_text("0 invitations")).to_be_visible()
    press_on(page, "Clear all filters")
    expect(page.get_by_text("20 invitations")).to_be_visible()

    newest = Invitation.objects.latest("pk")
    page.goto(f"{desk.base}{LIST}{newest.pk}/change/")
    page.get_by_role("link", name="Replace link").click()
    page.get_by_role("button", name="Replace link").click()
    assert Invitation.objects.get(pk=newest.pk).url != newest.url
    expect(next_step(page)).to_contain_text(Invitation.objects.get(pk=newest.pk).url)


# --- by mouse -------------------------------------------------------------------------------------------------


def test_pasted_link_stays_out_of_address(partner, desk):
    invitation = partner.invite()
    page = desk.open(LIST)
    page.get_by_role("textbox", name="Search").fill(invitation["invitationUrl"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{invitation['id']}/change/")
    assert page.evaluate("document.referrer") == partner.base + LIST
    page.go_back()
    assert page.url == partner.base + LIST


def test_exact_time_shows_on_keyboard_focus(partner, desk):
    partner.invite(expiresInSeconds=3 * 86_400)
    page = desk.open(LIST)
    exact = page.locator(".field-expires .when__exact")
    expect(exact).to_have_css("opacity", "0")
    tab_to(page, OURS)
    expect(exact).to_have_css("opacity", "1")


# --- accessibility --------------------------------------------------------------------------------------------


def open_list(page, at):
    page.goto(at.rpartition("/admin")[0] + LIST + "?attention=mail_failed")


def open_revoked(page, at):
    page.goto(at + "revoke/")
    page.get_by_role("button", name="Revoke invitation").click()
    expect(next_step(page)).to_contain_text("This invitation was revoked")


def open_correct_errors(page, at):
    page.goto(at + "correct/?address=0")
    page.get_by_label("Right address").fill("nonsense")
    page.get_by_role("button", name="Correct and mail").click()
    expect(page.get_by_role("alert")).to_be_visible()


def open_extend_errors(page, at):
    page.goto(at + "extend/")
    page.get_by_label("At the end of a day").check()
    page.get_by_role("button", name="Change expiry").click()
    expect(page.get_by_role("alert")).to_be_visible()


def open_limits_errors(page, at):
    page.goto(at + "limits/")
    page.get_by_label("Allowed addresses").fill("nonsense")
    page.get_by_role("button", name="Change limits").click()
    expect(page.get_by_role("alert")).to_be_visible()


LOOKS = [open_list, open_correct_errors, open_extend_errors, open_limits_errors, open_revoked]


@pytest.fixture
def at(partner):
    """URL of an invitation with many addresses, one of them bounced."""
    emails = [WRONG, "ben@example.com", f"{'a-long-name.' * 4}somebody@{'a-long-domain.' * 5}example", "*@example.org"]
    invitation = make_invitation(
        partner.company, allowed_emails=emails, send_email=True, max_uses=5, expires_in=timedelta(days=3)
    )
    invitation.deliveries.filter(email=WRONG).update(status="BOUNCED", last_error="550 " + "no-such-user " * 9)
    record_view(invitation)
    return f"{partner.base}{LIST}{invitation.pk}/"


def test_pages_are_accessible(desk, at):
    page = desk.open()
    for open_look in LOOKS:
        open_look(page, at)
        check_page(page, open_look.__name__)
