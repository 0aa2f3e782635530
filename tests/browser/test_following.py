"""Staff follow an invitation: what came back is corrected, extended and revoked, with the keyboard alone."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from invitations.models import Invitation
from invitations.services import note_view
from tests.browser.axe import nothing_is_in_the_way
from tests.browser.workers import working
from tests.factories import UserFactory, make_invitation

WRONG, RIGHT = "anna@exmaple.com", "anna@example.com"
LIST = "/admin/invitations/invitation/"


@pytest.fixture
def staff(live_server, visitors):
    """Makes browsers in which Mary Okafor is logged in."""
    mary = Client()
    mary.force_login(UserFactory.create(name="Mary Okafor"))
    session = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": mary.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": live_server.url,
    }

    def logged_in(**options):
        page = visitors.visitor(**options)
        page.context.add_cookies([session])
        return page

    return logged_in


def tab_to(page, name):
    """With the keyboard alone, on to the next thing of this name."""
    for _ in range(120):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(e => (e.labels?.[0] ?? e).textContent.trim().replace(/\\s+/g, ' '))(document.activeElement)"
        )
        if focused == name:
            return
    pytest.fail(f"no way to {name} by the keyboard")


def press_on(page, name):
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def next_step(page):
    return page.get_by_role("region", name="What to do next")


def correct_the_address(page):
    """At the second attempt."""
    expect(next_step(page)).to_contain_text(f"The mail to {WRONG} did not arrive.")
    expect(page.get_by_role("row", name=WRONG)).to_contain_text("550 5.1.1 no such user here")
    press_on(page, f"Correct {WRONG}")
    tab_to(page, "Right address")
    page.keyboard.type(f"{RIGHT}x@")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Right address")).to_have_value(f"{RIGHT}x@")
    tab_to(page, "Right address")
    page.keyboard.press("Control+a")
    page.keyboard.type(RIGHT)
    press_on(page, "Correct and mail")
    expect(page.get_by_text(f"A mail to {RIGHT} is on its way.")).to_be_visible()
    expect(page.get_by_role("row", name=WRONG)).to_contain_text("No longer on the invitation")


def extend(page):
    press_on(page, "Extend")
    tab_to(page, "14 days from now")
    page.keyboard.press("ArrowUp")
    press_on(page, "Change expiry")
    expect(next_step(page)).to_contain_text("Expires in 7 days")


def revoke(page):
    press_on(page, "Revoke")
    tab_to(page, "Reason (optional):")
    page.keyboard.type("Anna has left")
    page.keyboard.press("Enter")
    expect(next_step(page)).to_contain_text("It was revoked, and its link leads nowhere.")
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Mary Okafor")
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Reason: Anna has left")


def test_an_address_whose_mail_came_back_is_corrected_extended_and_revoked(partner, staff, visitors):
    with working(partner.base) as mails:
        mails.server.answers[WRONG] = ["550 5.1.1 no such user here"]
        invitation = partner.invite(allowedEmails=[WRONG, "ben@example.com"], sendEmail=True, expiresInSeconds=86_400)
        mails.of("ben@example.com")
        page = staff()
        page.goto(partner.base + LIST)
        page.get_by_role("link", name="Mail failed").click()
        page.wait_for_url("**/?attention=mail_failed")
        press_on(page, "Riverside Bakeries")

        correct_the_address(page)
        expect(next_step(page)).to_contain_text(invitation["invitationUrl"])

        link = mails.link(RIGHT)
        anna = visitors.visitor()
        anna.goto(link)
        anna.get_by_role("button", name=re.compile("Continue as")).click()
        anna.wait_for_url("**/connect")

    extend(page)
    revoke(page)

    anna.goto(link)
    expect(anna.get_by_role("heading", level=1)).to_have_text("This invitation was withdrawn")
    events = Invitation.objects.get().events.exclude(user=None).order_by("pk")
    assert [(event.type, str(event.user)) for event in events] == [
        ("UPDATED", "Mary Okafor"),
        ("RESENT", "Mary Okafor"),
        ("UPDATED", "Mary Okafor"),
        ("REVOKED", "Mary Okafor"),
    ]


def test_a_link_that_was_pasted_is_found_without_staying_in_the_address(partner, staff):
    invitation = partner.invite()
    page = staff()
    page.goto(partner.base + LIST)
    page.get_by_role("textbox", name="Search").fill(invitation["invitationUrl"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{invitation['id']}/change/")
    assert page.evaluate("document.referrer") == partner.base + LIST
    page.go_back()
    assert page.url == partner.base + LIST


def test_the_exact_time_shows_when_the_keyboard_is_in_its_row(partner, staff):
    partner.invite(expiresInSeconds=3 * 86_400)
    page = staff()
    page.goto(partner.base + LIST)
    exact = page.locator(".field-expires_on .when__exact")
    expect(exact).to_have_css("opacity", "0")
    tab_to(page, "Riverside Bakeries")
    expect(exact).to_have_css("opacity", "1")
    expect(page.get_by_text("in 3 days")).to_be_visible()


# --- for everybody ------------------------------------------------------------------------------------------


def open_list(page, at):
    page.goto(at.rpartition("/admin")[0] + LIST + "?attention=mail_failed")


def open_one(page, at):
    page.goto(at + "change/")


def open_revoked(page, at):
    page.goto(at + "revoke/")
    page.get_by_role("button", name="Revoke invitation").click()
    expect(next_step(page)).to_contain_text("It was revoked")


def open_correct(page, at):
    page.goto(at + "correct/")


def open_correct_errors(page, at):
    page.goto(at + "correct/?address=0")
    page.get_by_label("Right address").fill("nonsense")
    page.get_by_role("button", name="Correct and mail").click()
    expect(page.get_by_role("alert")).to_be_visible()


def open_resend(page, at):
    page.goto(at + "resend/")


def open_extend_errors(page, at):
    page.goto(at + "extend/")
    page.get_by_label("At the end of a day").check()
    page.get_by_role("button", name="Change expiry").click()
    expect(page.get_by_role("alert")).to_be_visible()


def open_limits_errors(page, at):
    page.goto(at + "limits/")
    page.get_by_label("For these addresses only").fill("nonsense")
    page.get_by_role("button", name="Change limits").click()
    expect(page.get_by_role("alert")).to_be_visible()


def open_rotate(page, at):
    page.goto(at + "rotate/")


PAGES = [value for name, value in sorted(globals().items()) if name.startswith("open_")]


def named(value):
    return getattr(value, "__name__", str(value)).removeprefix("open_")


@pytest.fixture
def at(partner):
    """The address of an invitation of which there is much to tell."""
    emails = [WRONG, "ben@example.com", f"{'a-long-name.' * 4}somebody@{'a-long-domain.' * 5}example", "*@example.org"]
    invitation = make_invitation(
        partner.company, allowed_emails=emails, send_email=True, max_uses=5, expires_in=timedelta(days=3)
    )
    invitation.deliveries.filter(email=WRONG).update(status="BOUNCED", last_error="550 " + "no-such-user " * 9)
    note_view(invitation)
    return f"{partner.base}{LIST}{invitation.pk}/"


@pytest.mark.parametrize("open_page", PAGES, ids=named)
def test_nothing_is_in_the_way_of_anybody_in_light_and_dark(staff, at, open_page):
    page = staff(viewport={"width": 1280, "height": 900})
    open_page(page, at)
    nothing_is_in_the_way(page)


@pytest.mark.parametrize("open_page", PAGES, ids=named)
def test_a_phone_shows_it_without_scrolling_sideways(staff, at, open_page):
    page = staff(viewport={"width": 390, "height": 800}, reduced_motion="reduce")
    open_page(page, at)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_all_of_it_works_without_javascript(staff, at):
    page = staff(java_script_enabled=False)
    page.goto(at + "change/")
    page.get_by_role("link", name="Replace the link").click()
    page.get_by_role("button", name="Replace the link").click()
    expect(next_step(page)).to_contain_text(Invitation.objects.get().url)
