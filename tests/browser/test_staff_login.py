"""Login of staff: second factor, recovery codes, and the wait after wrong passwords."""

import time
from base64 import b32decode

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import expect

from companies.models import User
from companies.services.second_factor import begin_second_factor, confirm_second_factor
from tests.browser.axe import check_page
from tests.factories import UserFactory

PASSWORD = "correct horse battery"
STEP = 30


@pytest.fixture
def mary(live_server):
    return UserFactory(email="mary@example.com", password=PASSWORD)


def log_in(page, base, password=PASSWORD, email="mary@example.com"):
    page.goto(f"{base}/admin/login/")
    expect(page.get_by_label("Email")).to_be_focused()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def heading(page, words):
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    check_page(page)


def code(key, steps=0):
    """Code of the app, now or some steps later."""
    totp = TOTP(b32decode(key.replace(" ", "")))
    totp.time = time.time() + STEP * steps
    return f"{totp.token():06}"


def answer(page, label, text):
    """Type into the field, which has the focus, and press Enter."""
    expect(page.get_by_label(label)).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def set_up(page):
    answer(page, "Your password", PASSWORD)
    heading(page, "Set up your authenticator app")
    key = page.locator("code.key").inner_text()
    answer(page, "Code", code(key))
    heading(page, "Keep your recovery codes")
    return key, page.locator(".codes code").all_inner_texts()


def test_second_factor_is_set_up_and_removed(live_server, mary, visitors):
    page = visitors.visitor(reduced_motion="reduce")
    log_in(page, live_server.url)
    page.get_by_role("link", name="Second factor").click()
    heading(page, "Second factor")
    answer(page, "Your password", "wrong")
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    key, recovery = set_up(page)
    page.get_by_role("link", name="I have saved them").click()
    page.get_by_role("button", name="Log out").click()

    log_in(page, live_server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")
    answer(page, "Code", "12 34")
    expect(page.get_by_text("This code is not right")).to_be_visible()
    check_page(page)
    answer(page, "Code", code(key, steps=1))  # the current code may be spent
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.get_by_role("button", name="Log out").click()

    log_in(page, live_server.url)
    answer(page, "Code", recovery[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.goto(f"{live_server.url}/admin/second-factor/")
    expect(page.get_by_text("9 recovery codes are left.")).to_be_visible()
    page.get_by_role("link", name="Turn off the second factor").click()
    heading(page, "Turn off the second factor")
    answer(page, "Code", recovery[1])
    expect(page.get_by_text("Not in use")).to_be_visible()
    assert User.objects.get(pk=mary.pk).authenticator is None


def test_required_second_factor_works_without_javascript(live_server, mary, visitors, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    page = visitors.visitor(java_script_enabled=False)
    log_in(page, live_server.url)
    expect(page.get_by_text("Every member of staff needs a second factor.")).to_be_visible()
    expect(page.get_by_role("link", name="Invitations")).to_have_count(0)
    answer(page, "Your password", PASSWORD)
    answer(page, "Code", code(page.locator("code.key").inner_text()))
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_wrong_passwords_make_staff_wait(live_server, mary, visitors):
    page = visitors.visitor(reduced_motion="reduce")
    for _ in range(4):
        log_in(page, live_server.url, "wrong")
        expect(page.locator(".errornote")).to_be_visible()
    check_page(page)
    log_in(page, live_server.url, "wrong")
    heading(page, "Please wait")
    log_in(page, live_server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Please wait")


def test_reset_leads_to_a_new_password(live_server, mary, visitors, settings):
    settings.PUBLIC_URL = live_server.url
    UserFactory(email="ann@example.com", password=PASSWORD)
    confirm_second_factor(mary, code=code(begin_second_factor(mary).base32_key))
    page, hers = visitors.visitor(), visitors.visitor()
    log_in(page, live_server.url, email="ann@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.goto(f"{live_server.url}/admin/companies/user/{mary.pk}/change/")
    page.get_by_role("link", name="Reset second factor").click()
    check_page(page)
    page.get_by_role("button", name="Reset second factor").click()
    heading(page, "The second factor is reset")

    hers.goto(page.locator(".secret code").inner_text())
    hers.get_by_label("New password", exact=True).fill(PASSWORD)
    hers.get_by_label("New password confirmation").fill(PASSWORD)
    hers.keyboard.press("Enter")
    expect(hers.get_by_text("This is your earlier password.")).to_be_visible()
    heading(hers, "Choose a new password")
    hers.get_by_label("New password", exact=True).fill("another horse battery")
    hers.get_by_label("New password confirmation").fill("another horse battery")
    hers.keyboard.press("Enter")
    expect(hers.get_by_text("Your new password is saved.")).to_be_visible()
    check_page(hers)
