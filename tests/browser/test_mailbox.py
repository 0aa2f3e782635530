"""Page that shows the mails of a development machine."""

import pytest
from playwright.sync_api import expect

from invitations.emails import invitation_mail
from tests.config.dev.test_mailbox import reload_urls
from tests.factories import make_invitation

ANNA = "anna@example.com"


@pytest.fixture
def mailbox(partner, settings, tmp_path):
    settings.DEBUG = True
    settings.MAIL_DIR = settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.EMAIL_BACKEND = "config.mail.files.FileTransport"
    reload_urls()
    yield f"{partner.base}/dev/mail"
    settings.DEBUG = False
    reload_urls()


def test_button_in_mail_opens_the_invitation(partner, visitor, mailbox):
    delivery = make_invitation(partner.company, allowed_emails=[ANNA], send_email=True).deliveries.get()
    invitation_mail(delivery, delivery.links.get()).send()
    visitor.goto(mailbox)
    visitor.get_by_role("link", name="asks you").click()
    with visitor.context.expect_page() as opened:
        visitor.frame_locator("iframe.mail").get_by_role("link", name="Open the invitation").click()
    expect(opened.value.get_by_role("button", name="Continue as a•••@example.com")).to_be_visible()
    # unlike the sandboxed frame, the opened page has its styles
    assert opened.value.evaluate("getComputedStyle(document.querySelector('.button')).backgroundColor") != (
        "rgba(0, 0, 0, 0)"
    )
