"""The next step and the row of an address agree on the state of its mail."""

from invitations.admin.mails import MailState, mail_state, mail_word
from invitations.models import Delivery, DeliveryStatus, Fault
from tests.factories import make_invitation
from tests.invitations.admin.pages import address, words

ANNA = "anna@example.com"
LATER, UNSENT = "Not sent yet, will be tried again", "could not be sent, although the address may be right."
REFUSED = "did not arrive. Correct the address"
CASES = {
    (DeliveryStatus.QUEUED, None, None): ("Waiting to be sent", "The mail is on its way."),
    (DeliveryStatus.QUEUED, "The mail server could not be reached.", Fault.SENDER): (LATER, "could not be sent yet."),
    (DeliveryStatus.QUEUED, "Mailbox full", Fault.RECEIVER): (LATER, "could not be sent yet."),
    (DeliveryStatus.FAILED, "No such user", Fault.ADDRESS): (
        "Could not be sent",
        "did not arrive. Correct the address",
    ),
    (DeliveryStatus.FAILED, "Daily quota exceeded", Fault.SENDER): ("Could not be sent", UNSENT),
    (DeliveryStatus.FAILED, "Mailbox full", Fault.RECEIVER): ("Could not be sent", UNSENT),
    (DeliveryStatus.BOUNCED, "No such user", None): ("Came back", REFUSED),
}


def test_row_and_next_step_agree(admin_client, company):
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True)
    for (status, error, fault), (row, step) in CASES.items():
        invitation.deliveries.update(status=status, last_error=error, fault=fault)
        page = words(admin_client.get(address("change", invitation)))
        assert f">{row}</span>" in page, (status, error)
        assert step in page, (status, error)


def test_removed_address_has_quiet_word():
    delivery = Delivery(email=ANNA, status=DeliveryStatus.BOUNCED)

    assert mail_word(delivery, is_over=True) == '<span class="status status--over">Came back</span>'
    assert (mail_state(None), mail_word(None)) == (MailState.NOT_MAILED, "Not mailed")
