"""The contributor's pages in a frame of another site, while Chromium blocks third-party cookies."""

import json
import re
import runpy
import threading
from http.server import ThreadingHTTPServer

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from companies.actors import SYSTEM
from connections.models import Connection
from connections.models.status import Status
from connections.services.connections import report_status
from invitations.models import Invitation
from tests.browser.conftest import LAN_NAME
from tests.browser.people import expect_saved, field, log_in_with, press
from tests.invitations.contributor.steps import ANNA, mail_codes, newest_code

EXAMPLE = django_settings.BASE_DIR / "examples" / "embedding.py"


# Chromium says that it ignores autofocus
NOISE = "Blocked autofocusing on a <input> element in a cross-origin subframe."


@pytest.fixture
def site(partner, visitors, monkeypatch):
    """The site of the example. Its origin has another host than Latchkey, so it is another site for a browser."""
    for name, value in {
        "BASE_URL": partner.base,
        "API_KEY": partner.key,
        "COMPANY_ID": str(partner.company.pk),
        "INVITATION": json.dumps({"allowedEmails": [ANNA]}),
    }.items():
        monkeypatch.setenv(name, value)
    with ThreadingHTTPServer(("127.0.0.1", 0), runpy.run_path(EXAMPLE)["Site"]) as server:
        threading.Thread(target=server.serve_forever).start()
        port = server.server_port
        visitors.others = (f"http://127.0.0.1:{port}", f"http://{LAN_NAME}:{port}")
        partner.company.partner.embedding_origins = ["https://other.example", visitors.others[0]]
        partner.company.partner.save()
        yield port
        server.shutdown()
    visitors.complaints[:] = [each for each in visitors.complaints if each != NOISE]


def start(page, host, port):
    page.goto(f"http://{host}:{port}")
    page.get_by_role("button", name="Connect a utility account").click()
    return page.frame_locator("iframe")


def block_third_party_cookies(page):
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    options = (
        "enableThirdPartyCookieRestriction",
        "disableThirdPartyCookieMetadata",
        "disableThirdPartyCookieHeuristics",
    )
    devtools.send("Network.setCookieControls", dict.fromkeys(options, True))


def messages(page, count):
    items = page.locator("#events li")
    expect(items.nth(count - 1)).to_be_attached()
    return [json.loads(text) for text in items.all_text_contents()]


def test_framed_journey_without_third_party_cookies(site, partner, visitor):
    block_third_party_cookies(visitor)
    visitor.clock.install()
    frame = start(visitor, "127.0.0.1", site)
    expect(frame.get_by_role("complementary")).to_contain_text(f"You are on {partner.base.removeprefix('http://')}")
    frame.get_by_role("link", name="Continue").click()
    frame.get_by_label("Your email address").fill(ANNA)
    press(frame, "Send me a code")
    expect(frame.get_by_label("Code")).to_be_focused()
    invitation = Invitation.objects.get()
    mail_codes(invitation)
    frame.get_by_label("Code").fill(newest_code(invitation).digits)
    press(frame, "Continue")
    field(frame, "Provider").fill("portal.utility.example")
    log_in_with(frame)
    press(frame)
    expect_saved(frame, "portal.utility.example")

    connection = Connection.objects.get()
    report_status(connection, Status.CONNECTED, by=SYSTEM)
    visitor.clock.fast_forward(3000)
    expect(frame.get_by_role("heading", level=1)).to_have_text("It works")
    press(frame, "Close")
    expect(visitor.locator("iframe")).to_have_count(0)

    said = messages(visitor, 10)
    assert [each["type"] for each in said if each["type"] != "resized"] == [
        *("ready", "ready", "ready", "ready", "verified", "ready", "submitted", "connected", "closed")
    ]
    ids = {each["connectionId"] for each in said if each["type"] in ("submitted", "connected")}
    assert ({each["invitationId"] for each in said}, ids) == ({str(invitation.pk)}, {str(connection.pk)})
    secrets = re.compile(rf"{ANNA}|{invitation.token}|/p/i/|riverside|pa55")
    assert not secrets.search(json.dumps(said))
    cookies = {each["name"].partition("-")[0]: each for each in visitor.context.cookies()}
    assert all(cookies[name]["partitionKey"] for name in ("csrf", "proof", "result"))


def test_stranger_cannot_frame_the_form(site, partner, visitors, visitor):
    with visitor.expect_console_message(lambda message: "frame-ancestors" in message.text):
        start(visitor, LAN_NAME, site)
    expect(visitor.frame_locator("iframe").get_by_role("heading")).to_have_count(0)
    (refusal,) = visitors.complaints
    assert (partner.base in refusal, "frame-ancestors https://other.example" in refusal) == (True, True)
    assert visitor.locator("#events li").count() == 0
    visitors.complaints.clear()
