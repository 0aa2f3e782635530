"""After the form: the check is followed, and login details that were refused are put right."""

import pytest
from playwright.sync_api import expect

from companies.actors import SYSTEM
from connections.models import Connection
from connections.models.status import REPAIRABLE, Status
from connections.models.status_texts import STATUS_TEXTS
from connections.services import connections as connection_services
from connections.services.connections import report_status
from connections.services.credentials import read_credentials
from connections.services.sandbox import ensure_demanding_sandbox, ensure_sandbox
from invitations.models import Invitation
from tests.browser.axe import nothing_is_in_the_way
from tests.browser.people import field, log_in_with, press
from tests.browser.workers import working
from tests.database import execute
from tests.factories import make_connection

REFUSED = STATUS_TEXTS[Status.PASSWORD_INCORRECT].title
WAIT_MS = 60_000


@pytest.fixture
def check(partner, monkeypatch):
    """The sandbox's collector checks what is connected there, as soon as somebody has seen that it will."""
    monkeypatch.setattr(connection_services, "IN_A_MOMENT", {"days": 1})
    with working(partner.base):
        yield


def heading(page, words):
    expect(page.get_by_role("heading", level=1)).to_have_text(words, timeout=WAIT_MS)


def expect_check(page):
    """The page says that the login is checked; from then on it is."""
    heading(page, "We are checking the login")
    execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = 'connections.tasks.check_sandbox'")


def connect(page, partner, username, **invitation):
    """Connect an account at the sandbox, where the user name decides what the check finds."""
    prefill = {"datasourceId": str(ensure_sandbox().pk)}
    page.goto(partner.invite(prefill=prefill, **invitation)["invitationUrl"] + "/connect")
    log_in_with(page, username)
    press(page)
    expect_check(page)


def correct(page, username="works"):
    log_in_with(page, username)
    press(page, "Save and check again")
    expect_check(page)


def test_success_is_told_without_reloading(partner, visitor, check):
    connect(visitor, partner, "works")
    visitor.evaluate("window.isTheSamePage = true")
    heading(visitor, "It works")
    assert visitor.evaluate("window.isTheSamePage")
    expect(visitor).to_have_title("It works · Latchkey")
    expect(visitor.get_by_role("status")).to_have_text(
        "It works. The login was accepted. You do not need to do anything more."
    )


def test_success_is_told_without_javascript(partner, visitors, check):
    visitor = visitors.visitor(java_script_enabled=False)
    connect(visitor, partner, "works")
    heading(visitor, "It works")
    expect(visitor.locator("meta[http-equiv=refresh]")).to_have_count(0)


def test_a_wrong_password_and_then_the_right_one_spend_one_use(partner, visitor, check):
    connect(visitor, partner, "wrong-password", maxUses=1)
    heading(visitor, REFUSED)
    expect(visitor.locator("main")).to_contain_text("The user name or the password is not right.")
    expect(field(visitor, "User name")).to_have_value("")
    visitor.locator("[name=password]").fill("secret")
    press(visitor, "Show password")
    expect(visitor.locator("[name=password]")).to_have_attribute("type", "text")
    correct(visitor)
    heading(visitor, "It works")
    assert Invitation.objects.get().use_count == 1
    (followed,) = partner.call("GET", f"invitation/{Invitation.objects.get().pk}")["createdConnections"]
    assert followed["status"] == "CONNECTED"


def test_a_wrong_password_is_put_right_without_javascript(partner, visitors, check):
    visitor = visitors.visitor(java_script_enabled=False)
    connect(visitor, partner, "wrong-password")
    heading(visitor, REFUSED)
    correct(visitor)
    heading(visitor, "It works")


@pytest.mark.parametrize("username", ["mfa", "more-needed"])
def test_what_the_provider_wants_beside_the_password_can_be_given_at_once(partner, visitor, check, username):
    connect(visitor, partner, username)
    heading(
        visitor,
        STATUS_TEXTS[Status.MFA_TOKEN_EXPIRED if username == "mfa" else Status.ADDITIONAL_CREDENTIALS_NEEDED].title,
    )
    key = visitor.locator("[name=authenticator_seed]")
    expect(key).to_be_visible()
    expect(key).to_have_css("-webkit-text-security", "disc")
    key.fill("JBSWY3DP")
    press(visitor, "Show authenticator key")
    expect(key).to_have_css("-webkit-text-security", "none")
    press(visitor, "Hide authenticator key")
    expect(key).to_have_css("-webkit-text-security", "disc")
    correct(visitor)
    heading(visitor, "It works")


def test_a_site_that_is_down_is_nobodys_wrong_password(partner, visitor, check):
    connect(visitor, partner, "site-down")
    heading(visitor, "The provider’s site is down")
    expect(visitor.locator("main")).to_contain_text("Your login may well be right")
    expect(visitor.locator("[name=password]")).to_have_count(0)


def test_what_may_pass_is_followed_until_a_person_is_asked(partner, visitor):
    open_state(visitor, partner, Status.WEBSITE_DOWN)
    report(Status.UNDER_INVESTIGATION)
    heading(visitor, STATUS_TEXTS[Status.UNDER_INVESTIGATION].title)
    report(Status.PASSWORD_INCORRECT)
    heading(visitor, REFUSED)
    expect(visitor.locator("[name=password]")).to_be_visible()
    expect(visitor).to_have_title(f"{REFUSED} · Latchkey")


def test_what_may_pass_is_looked_at_again_without_javascript(partner, visitors):
    visitor = visitors.visitor(java_script_enabled=False)
    open_state(visitor, partner, Status.WEBSITE_DOWN)
    report(Status.CONNECTED)
    visitor.get_by_role("link", name="Look again").click()
    heading(visitor, "It works")
    expect(visitor.get_by_role("link", name="Look again")).to_have_count(0)


def test_a_used_up_invitation_leads_back_to_the_correction(partner, visitor):
    connection = make_connection(partner.company)
    report(Status.PASSWORD_INCORRECT)
    invitation = partner.call("POST", f"invitation/connection/{connection.pk}", {"maxUses": 1})
    visitor.goto(invitation["invitationUrl"] + "/connect")
    log_in_with(visitor)
    press(visitor, "Save login")
    heading(visitor, "We are checking the login")
    report(Status.PASSWORD_INCORRECT)
    visitor.goto(invitation["invitationUrl"])
    heading(visitor, "This invitation has been used")
    expect_no_hindrance(visitor)
    visitor.get_by_role("link", name="Correct the login").click()
    heading(visitor, REFUSED)
    correct(visitor)


def test_what_is_missing_in_the_correction_is_named(partner, visitor):
    open_state(visitor, partner, Status.PASSWORD_INCORRECT)
    visitor.locator("form").evaluate("form => { form.noValidate = true; }")
    press(visitor, "Save and check again")
    expect(visitor.get_by_role("alert")).to_be_focused()
    expect(visitor.get_by_role("alert")).to_contain_text("Please check 2 things")
    visitor.get_by_role("alert").get_by_role("link", name="User name").click()
    expect(field(visitor, "User name")).to_be_focused()
    correct(visitor)


def test_a_connection_is_repaired_from_its_link(partner, visitor, check):
    connection = make_connection(partner.company, datasource=ensure_sandbox(), sites=partner.company.sites.all())
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)
    invitation = partner.call("POST", f"invitation/connection/{connection.pk}", {"maxUses": 1})
    visitor.goto(invitation["invitationUrl"])
    heading(visitor, "The login at Sandbox Utility needs your help")
    visitor.get_by_role("link", name="Continue").click()
    heading(visitor, "The login at Sandbox Utility needs your help")
    expect(visitor.locator("[name=provider]")).to_have_count(0)
    log_in_with(visitor, "wrong-password")
    press(visitor, "Save login")
    expect_check(visitor)
    heading(visitor, REFUSED)
    correct(visitor)
    heading(visitor, "It works")

    told = partner.call("GET", f"connection/{connection.pk}/details")
    assert (told["id"], told["status"]) == (str(connection.pk), "CONNECTED")
    assert Connection.objects.get().sites.count() == 3
    assert partner.call("GET", f"invitation/{invitation['id']}")["useCount"] == 1
    visitor.goto(invitation["invitationUrl"])
    heading(visitor, "This invitation has been used")


def test_a_provider_that_asks_for_more_says_so_at_once_and_a_repair_keeps_it(partner, visitor, check):
    prefill = {"datasourceId": str(ensure_demanding_sandbox().pk), "lockedFields": ["datasourceId"]}
    visitor.goto(partner.invite(prefill=prefill)["invitationUrl"] + "/connect")
    expect(
        visitor.get_by_text("Demanding Sandbox also asks for: Account number and Authenticator key.")
    ).to_be_visible()
    log_in_with(visitor, "new-password")
    press(visitor)
    expect(field(visitor, "Account number")).to_be_focused()
    expect(visitor.locator("[name=password]")).not_to_have_value("")
    field(visitor, "Account number").fill("77-12")
    field(visitor, "Authenticator key").fill("JBSWY3DP")
    press(visitor)
    expect_check(visitor)
    heading(visitor, STATUS_TEXTS[Status.NEW_PASSWORD_NEEDED].title)

    visitor.goto(partner.call("POST", f"invitation/connection/{Connection.objects.get().pk}", {})["invitationUrl"])
    visitor.get_by_role("link", name="Continue").click()
    visitor.get_by_text("Does the provider ask for more?").click()
    expect(visitor.get_by_text("Leave empty to keep what was given before.")).to_have_count(2)
    log_in_with(visitor, "works")
    press(visitor, "Save login")
    expect_check(visitor)
    heading(visitor, "It works")
    credentials, _ = read_credentials(Connection.objects.get(), by=SYSTEM)
    assert (credentials["account_number"], credentials["authenticator_seed"]) == ("77-12", "JBSWY3DP")


def test_another_invitation_to_repair_says_that_there_is_nothing_to_do_any_more(partner, visitor):
    connection = make_connection(partner.company)
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)
    invitation = partner.call("POST", f"invitation/connection/{connection.pk}", {})
    report_status(connection, Status.CONNECTED, by=SYSTEM)
    visitor.goto(invitation["invitationUrl"])
    heading(visitor, "This connection works")
    expect(visitor.locator("main")).to_contain_text("There is nothing to do")


# --- every state, for everybody ---------------------------------------------------------------------------


def open_state(page, partner, status):
    """The done page of a provider that nobody checks, as it is when the collector has reported."""
    page.goto(partner.invite()["invitationUrl"] + "/connect")
    field(page, "Provider").fill("portal.utility.example")
    log_in_with(page)
    press(page)
    heading(page, "We are checking the login")
    if status != Status.PENDING:
        report_status(Connection.objects.get(), status, by=SYSTEM, error_detail="E-17: see the log")
        page.reload()
    heading(page, STATUS_TEXTS[status].title)


def report(status):
    """The collector has looked at the only connection there is."""
    report_status(Connection.objects.get(), status, by=SYSTEM)


def open_repair(page, partner, status, name=""):
    connection = make_connection(partner.company)
    if status != Status.PENDING:
        report_status(connection, status, by=SYSTEM)
    invitation = partner.call("POST", f"invitation/connection/{connection.pk}", {"message": "Hello,\nplease help."})
    page.goto(invitation["invitationUrl"] + name)


def expect_no_hindrance(page):
    nothing_is_in_the_way(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.fixture
def reader(visitors):
    return visitors.visitor(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")


@pytest.mark.parametrize("status", Status.values)
def test_nothing_is_in_the_way_of_anybody_on_the_done_page(partner, reader, status):
    open_state(reader, partner, Status(status))
    assert (reader.locator("[name=password]").count() == 1) == (status in REPAIRABLE)
    expect_no_hindrance(reader)


@pytest.mark.parametrize("name", ["", "/connect"], ids=["page", "form"])
@pytest.mark.parametrize("status", ["PENDING", "CONNECTED", "PASSWORD_INCORRECT", "WEBSITE_DOWN"])
def test_nothing_is_in_the_way_of_anybody_who_repairs(partner, reader, status, name):
    open_repair(reader, partner, Status(status), name)
    expect(reader.get_by_role("heading", level=1)).to_have_count(1)
    expect_no_hindrance(reader)
