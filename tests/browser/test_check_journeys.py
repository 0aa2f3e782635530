"""The check after the form: it is followed, and a refused login is corrected or repaired."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from companies.actors import SYSTEM
from connections.models import Connection
from connections.models.status import REPAIRABLE, Status
from connections.models.status_texts import STATUS_TEXTS
from connections.services import statements
from connections.services.connections import report_status
from connections.services.sandbox import ensure_sandbox
from invitations.models import Invitation
from tests.browser.axe import PICTURES, check_page
from tests.browser.people import field, log_in_with, press
from tests.browser.workers import run_worker
from tests.database import execute
from tests.factories import make_connection

REFUSED = str(STATUS_TEXTS[Status.PASSWORD_INCORRECT].title)
WAIT_MS = 60_000
# The others have fewer parts.
STATUSES = [Status.CONNECTED, Status.ADDITIONAL_CREDENTIALS_NEEDED]
REPAIRS = [(Status.PASSWORD_INCORRECT, ""), (Status.PASSWORD_INCORRECT, "/connect")]
if PICTURES:
    STATUSES = list(Status)
    REPAIRS = [(status, name) for status in STATUSES for name in ("", "/connect")]


@pytest.fixture
def check(partner, monkeypatch):
    """The sandbox checks a login as soon as the test has seen that it waits."""
    monkeypatch.setattr(statements, "SANDBOX_DELAY", timedelta(days=1))
    with run_worker():
        yield


def heading(page, words):
    expect(page.get_by_role("heading", level=1)).to_have_text(words, timeout=WAIT_MS)


def expect_check(page):
    heading(page, "We are checking the login")
    execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = 'connections.tasks.check_sandbox'")


def connect(page, partner, username, **invitation):
    """Connect an account at the sandbox, whose check depends on the user name."""
    prefill = {"datasourceId": str(ensure_sandbox().pk)}
    page.goto(partner.invite(prefill=prefill, **invitation)["invitationUrl"] + "/connect")
    log_in_with(page, username)
    press(page)
    expect_check(page)


def correct(page, username="works"):
    log_in_with(page, username)
    press(page, "Save and check again")
    expect_check(page)


def test_result_appears_without_reload(partner, visitor, check):
    connect(visitor, partner, "works")
    visitor.evaluate("window.isTheSamePage = true")
    heading(visitor, "It works")
    assert visitor.evaluate("window.isTheSamePage")
    expect(visitor).to_have_title("It works – Sandbox Utility · Latchkey")
    expect(visitor.get_by_role("status")).to_have_text(
        "It works. The login was accepted. You do not need to do anything more."
    )


def test_correction_works_without_javascript(partner, visitors, check):
    visitor = visitors.visitor(java_script_enabled=False)
    connect(visitor, partner, "wrong-password", maxUses=1)
    heading(visitor, REFUSED)
    expect(visitor.locator("main")).to_contain_text("The user name or the password is not right.")
    correct(visitor)
    heading(visitor, "It works")
    expect(visitor.locator("meta[http-equiv=refresh]")).to_have_count(0)
    assert Invitation.objects.get().use_count == 1


def test_correction_takes_authenticator_key(partner, visitor, check):
    connect(visitor, partner, "mfa")
    heading(visitor, str(STATUS_TEXTS[Status.MFA_TOKEN_EXPIRED].title))
    expect(field(visitor, "User name")).to_have_value("")
    key = visitor.locator("[name=authenticator_seed]")
    expect(key).to_have_css("-webkit-text-security", "disc")
    key.fill("JBSWY3DP")
    press(visitor, "Show: Authenticator key")
    expect(key).to_have_css("-webkit-text-security", "none")
    press(visitor, "Hide: Authenticator key")
    expect(key).to_have_css("-webkit-text-security", "disc")
    correct(visitor)
    heading(visitor, "It works")


def test_done_page_follows_the_status(partner, visitor):
    open_done(visitor, partner, Status.WEBSITE_DOWN)
    report(Status.UNDER_INVESTIGATION)
    heading(visitor, str(STATUS_TEXTS[Status.UNDER_INVESTIGATION].title))
    report(Status.PASSWORD_INCORRECT)
    heading(visitor, REFUSED)
    expect(visitor.locator("[name=password]")).to_be_visible()
    expect(visitor).to_have_title(f"{REFUSED} – portal.utility.example · Latchkey")


def test_look_again_works_without_javascript(partner, visitors):
    visitor = visitors.visitor(java_script_enabled=False)
    open_done(visitor, partner, Status.WEBSITE_DOWN)
    report(Status.CONNECTED)
    visitor.get_by_role("link", name="Look again").click()
    heading(visitor, "It works")
    expect(visitor.get_by_role("link", name="Look again")).to_have_count(0)


def test_link_repairs_a_connection(partner, visitor, check):
    connection = make_connection(partner.company, datasource=ensure_sandbox(), sites=partner.company.sites.all())
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)
    invitation = partner.invite_to_repair(connection, maxUses=1)
    visitor.goto(invitation["invitationUrl"])
    heading(visitor, "The login at Sandbox Utility needs your help")
    visitor.get_by_role("link", name="Continue").click()
    heading(visitor, "The login at Sandbox Utility needs your help")
    expect(visitor.locator("[name=provider]")).to_have_count(0)
    log_in_with(visitor, "wrong-password")
    press(visitor, "Save login")
    expect_check(visitor)
    heading(visitor, REFUSED)

    visitor.goto(invitation["invitationUrl"])
    heading(visitor, "This invitation has been used")
    check_page(visitor)
    visitor.get_by_role("link", name="Correct the login").click()
    correct(visitor)
    heading(visitor, "It works")

    details = partner.call("GET", f"connection/{connection.pk}/details")
    assert (details["id"], details["status"]) == (str(connection.pk), "CONNECTED")
    assert Connection.objects.get().sites.count() == 3
    assert partner.call("GET", f"invitation/{invitation['id']}")["useCount"] == 1


# --- pages in each status ---------------------------------------------------------------------------------


def open_done(page, partner, status):
    """Open the done page of a connection whose status has been reported."""
    page.goto(partner.invite()["invitationUrl"] + "/connect")
    field(page, "Provider").fill("portal.utility.example")
    log_in_with(page)
    press(page)
    heading(page, "We are checking the login")
    if status != Status.PENDING:
        report_status(Connection.objects.get(), status, by=SYSTEM, contributor_message="E-17: call us")
        page.reload()
    heading(page, str(STATUS_TEXTS[status].title))


def report(status):
    """Report the status of the only connection."""
    report_status(Connection.objects.get(), status, by=SYSTEM)


def check_page_and_smallest_phone(page):
    check_page(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.fixture
def reader(visitors):
    return visitors.visitor(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")


@pytest.mark.parametrize("status", STATUSES)
def test_done_page_is_accessible(partner, reader, status):
    open_done(reader, partner, status)
    assert (reader.locator("[name=password]").count() == 1) == (status in REPAIRABLE)
    check_page_and_smallest_phone(reader)


@pytest.mark.parametrize(("status", "name"), REPAIRS)
def test_repair_page_is_accessible(partner, reader, status, name):
    connection = make_connection(partner.company)
    if status != Status.PENDING:
        report_status(connection, status, by=SYSTEM)
    invitation = partner.invite_to_repair(connection, message="Hello,\nplease help.")
    reader.goto(invitation["invitationUrl"] + name)
    expect(reader.get_by_role("heading", level=1)).to_have_count(1)
    check_page_and_smallest_phone(reader)
