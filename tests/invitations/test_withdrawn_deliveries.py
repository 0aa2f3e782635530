"""Mails whose invitation or link ended: before they went out, and after."""

import pytest

from companies.actors import SYSTEM
from invitations.services.invitations import revoke_invitation, rotate_invitation, update_invitation
from tests.invitations.test_deliveries import ANNA, BEN, logged, mailed, told

ENDED = "It was sent, and its link leads nowhere any more."


def revoke(invitation):
    revoke_invitation(invitation, by=SYSTEM)


def remove(invitation):
    update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN])


def rotate(invitation):
    rotate_invitation(invitation, by=SYSTEM)


@pytest.mark.parametrize(
    ("withdraw", "words"),
    [
        (revoke, "Not sent: the invitation was revoked by then."),
        (remove, "Not sent: the address was taken off the invitation."),
        (rotate, "Not sent: the link was replaced."),
    ],
)
def test_what_was_withdrawn_in_the_meantime_is_not_sent_and_says_why(worker, mail_server, withdraw, words):
    invitation = mailed()
    withdraw(invitation)
    worker()
    assert told(invitation) == ("FAILED", 1, words)
    assert mail_server.tried == []
    assert logged(invitation) == [("DELIVERY_FAILED", ANNA)]


@pytest.mark.parametrize("end", [remove, rotate])
def test_a_mail_that_is_out_says_that_its_link_has_ended(worker, mail_server, end):
    invitation = mailed()
    worker()
    end(invitation)
    assert told(invitation) == ("SENT", 1, ENDED)


def test_a_mail_that_did_not_arrive_keeps_its_own_reason(worker, mail_server):
    mail_server.answers[ANNA] = ["550 5.1.1 unknown"]
    invitation = mailed()
    worker()
    rotate(invitation)
    assert told(invitation) == ("FAILED", 1, "The mail server refused the address: 550 5.1.1 unknown")
