"""Which codes leave: how many one mailbox gets, and what is said of those that do not get out."""

import pytest

from companies.actors import SYSTEM
from invitations.models import EventType, PersonalLink, VerificationCode
from invitations.services.invitations import revoke_invitation
from invitations.services.verification.codes import MAILBOX_FULL, request_code, send_code
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.test_codes import ANNA, BEN, STRANGER, ask, logged
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)

UNREACHABLE = {"reason": "The mail server could not be reached."}


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA, BEN])


def failures(invitation):
    return logged(invitation, EventType.DELIVERY_FAILED)


def mailed_for(invitation):
    return len(logged(invitation, EventType.CODE_SENT))


# --- what does not get out leaves a trace -----------------------------------------------------------------


def test_a_code_whose_time_ended_unsent_is_told_to_the_partner_with_the_last_reason(
    worker, no_mail_server, invitation, jobs
):
    ask(invitation)
    worker()
    assert failures(invitation) == []
    pass_time(minutes=10)
    worker.later()
    assert failures(invitation) == [(ANNA, "SYSTEM", UNREACHABLE)]
    assert mailed_for(invitation) == 0
    assert jobs.statuses == ["succeeded"]


def test_a_code_that_nobody_tried_to_send_in_its_time_is_told_too(worker, mail_server, invitation):
    ask(invitation)
    pass_time(minutes=10)
    worker()
    assert failures(invitation) == [(ANNA, "SYSTEM", {"reason": "Not sent: the code was too old before it could be."})]
    assert mail_server.mails == []


def test_a_code_that_got_out_is_sent_once_and_is_no_failure_when_its_time_ends(mailoutbox, invitation):
    code = ask(invitation)
    send_code(code.pk)
    send_code(code.pk)
    pass_time(minutes=10)
    send_code(code.pk)
    assert len(mailoutbox) == 1
    assert failures(invitation) == []


def test_of_an_address_that_is_not_allowed_and_of_an_invitation_that_is_closed_nothing_is_told(worker, invitation):
    ask(invitation, STRANGER)
    ask(invitation)
    revoke_invitation(invitation, by=SYSTEM)
    pass_time(minutes=10)
    worker()
    assert failures(invitation) == []


def test_a_fault_of_ours_is_tried_again_and_told(settings, invitation):
    settings.EMAIL_BACKEND = "no.such.Backend"
    code = ask(invitation)
    assert send_code(code.pk)
    pass_time(minutes=10)
    assert send_code(code.pk) is None
    reason = "The mail could not be sent; the fault is on our side."
    assert failures(invitation) == [(ANNA, "SYSTEM", {"reason": reason})]


# --- how many one mailbox gets ----------------------------------------------------------------------------


def ask_and_send(invitation, email=ANNA, **options):
    code = request_code(invitation, email, client="somebody", **options)
    send_code(code.pk)
    return code


def invitations(number, email=ANNA):
    return [make_invitation(allowed_emails=[email]) for _ in range(number)]


def test_five_codes_an_hour_go_to_one_mailbox_for_all_invitations_together(mailoutbox):
    several = invitations(4)
    for _ in range(5):
        for each in several:
            ask_and_send(each)
        pass_time(minutes=1)
    assert len(mailoutbox) == 5
    assert [mailed_for(each) for each in several] == [2, 1, 1, 1]
    assert [len(failures(each)) for each in several] == [3, 4, 4, 4]
    assert failures(several[0])[0] == (ANNA, "SYSTEM", {"reason": MAILBOX_FULL})
    pass_time(minutes=61)
    ask_and_send(several[3])
    assert len(mailoutbox) == 6


def test_a_hundred_times_asked_at_once_for_twenty_invitations_five_mails_leave(mailoutbox):
    several = invitations(20)
    for _ in range(5):
        codes = race(20, lambda n: request_code(several[n], ANNA, client=f"client {n}"))
        assert {type(code) for code in codes} == {VerificationCode}, "who asks is told the same as ever"
        assert set(race(20, lambda n, codes=codes: send_code(codes[n].pk))) == {None}
        pass_time(minutes=1)
    assert VerificationCode.objects.count() == 100
    assert len(mailoutbox) == 5


def test_a_mailbox_does_not_count_for_another(mailoutbox):
    for each in invitations(5):
        ask_and_send(each)
    (other,) = invitations(1, BEN)
    ask_and_send(other, BEN)
    assert len(mailoutbox) == 6


def test_a_code_that_is_tried_again_counts_once(worker, mail_server, invitation):
    several = [invitation, *invitations(4)]
    mail_server.answers[ANNA] = ["451 busy"] * 8
    for each in several:
        ask(each)
    for _ in range(3):
        worker.later()
    assert len(mail_server.mails) == 5


def test_asking_where_an_address_is_not_allowed_costs_its_owner_nothing(mailoutbox, invitation):
    for each in invitations(10, STRANGER):
        ask_and_send(each)
    ask_and_send(invitation)
    assert [mail.to for mail in mailoutbox] == [[ANNA]]


def test_who_has_a_personal_link_is_kept_from_their_code_by_no_stranger(mailoutbox):
    for each in invitations(10):
        ask_and_send(each)
    repair = make_invitation(allowed_emails=[ANNA, BEN], send_email=True)
    links = {link.delivery.email: link for link in PersonalLink.objects.select_related("delivery")}
    ask_and_send(repair, link=links[BEN])
    assert mailed_for(repair) == 0, "somebody else's link is no better than none"
    pass_time(minutes=1)
    ask_and_send(repair, link=links[ANNA])
    assert mailed_for(repair) == 1


def test_personal_links_have_a_limit_too(mailoutbox):
    for _ in range(8):
        repair = make_invitation(allowed_emails=[ANNA], send_email=True)
        ask_and_send(repair, link=PersonalLink.objects.get(delivery__invitation=repair))
    assert len(mailoutbox) == 5
