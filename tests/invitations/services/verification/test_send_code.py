import pytest

from companies.actors import SYSTEM
from invitations.models import EventType, PersonalLink, VerificationCode
from invitations.services.invitations import revoke_invitation
from invitations.services.verification.codes import (
    CODES_PER_MAILBOX,
    CODES_PER_PATTERN,
    FIRST_CODES_PER_MAILBOX,
    MAILBOX_FULL,
    PATTERN_FULL,
    request_code,
    send_code,
)
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.services.verification.codes import ANNA, BEN, STRANGER, ask, logged
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


def test_unsent_code_is_logged_with_reason(worker, no_mail_server, invitation, jobs):
    ask(invitation)
    worker()
    assert failures(invitation) == []
    pass_time(minutes=10)
    worker.later()
    assert failures(invitation) == [(ANNA, "SYSTEM", UNREACHABLE)]
    assert mailed_for(invitation) == 0
    assert jobs.statuses == ["succeeded"]


def test_untried_code_is_logged(worker, mail_server, invitation):
    request_code(invitation, ANNA, client="visitor")
    pass_time(minutes=10)
    worker()
    assert failures(invitation) == [(ANNA, "SYSTEM", {"reason": "Not sent: the code expired first."})]
    assert mail_server.mails == []


def test_sent_code_is_not_sent_again(mailoutbox, invitation):
    code = ask(invitation)
    send_code(code.pk)
    send_code(code.pk)
    pass_time(minutes=10)
    send_code(code.pk)
    assert len(mailoutbox) == 1
    assert failures(invitation) == []


def test_unlisted_or_closed_is_not_logged(worker, invitation):
    request_code(invitation, STRANGER, client="visitor")
    request_code(invitation, ANNA, client="visitor")
    revoke_invitation(invitation, by=SYSTEM)
    pass_time(minutes=10)
    worker()
    assert failures(invitation) == []


def test_internal_error_is_retried_and_logged(settings, invitation):
    settings.EMAIL_BACKEND = "no.such.Backend"
    code = request_code(invitation, ANNA, client="visitor")
    assert send_code(code.pk)
    pass_time(minutes=10)
    assert send_code(code.pk) is None
    reason = "The mail could not be sent; the fault is on our side."
    assert failures(invitation) == [(ANNA, "SYSTEM", {"reason": reason})]


@pytest.mark.parametrize(("email", "subjects"), [(ANNA, 1), (STRANGER, 0)], ids=["allowed", "not allowed"])
def test_only_allowed_address_gets_a_mail(invitation, mailoutbox, email, subjects):
    code = request_code(invitation, email, client="visitor")
    assert send_code(code.pk) is None
    assert len(mailoutbox) == subjects
    assert logged(invitation, EventType.CODE_SENT) == [(ANNA, "SYSTEM", {})] * subjects
    assert all(code.digits in mail.body for mail in mailoutbox)


def test_worker_retries_a_busy_server(worker, mail_server, invitation):
    mail_server.answers[ANNA] = ["451 busy"]
    code = request_code(invitation, ANNA, client="visitor")
    worker()
    assert mail_server.mails == []
    worker.later()
    assert code.digits in mail_server.mails[0].text
    assert code.digits in mail_server.mails[0].html
    assert logged(invitation, EventType.CODE_SENT) == [(ANNA, "SYSTEM", {})]


def test_expired_code_is_not_sent(worker, no_mail_server, invitation, jobs):
    ask(invitation)
    worker()
    assert jobs.statuses == ["todo"]
    pass_time(minutes=10)
    worker.later()
    assert jobs.statuses == ["succeeded"]
    assert logged(invitation, EventType.CODE_SENT) == []


def test_refused_address_is_logged(worker, mail_server, invitation, jobs):
    mail_server.answers[ANNA] = ["550 nobody here"]
    request_code(invitation, ANNA, client="visitor")
    worker()
    words = {"reason": "The mail server refused the address: 550 nobody here"}
    assert logged(invitation, EventType.DELIVERY_FAILED) == [(ANNA, "SYSTEM", words)]
    assert jobs.statuses == ["succeeded"]


def invitations(number, email=ANNA):
    return [make_invitation(allowed_emails=[email]) for _ in range(number)]


def test_mailbox_limit_spans_invitations(mailoutbox):
    several = invitations(4)
    for _ in range(5):
        for each in several:
            ask(each)
        pass_time(minutes=1)
    assert len(mailoutbox) == 5
    ((email, actor, detail),) = failures(several[0])
    assert (email, actor, detail["reason"], detail["count"]) == (ANNA, "SYSTEM", MAILBOX_FULL, 3)
    pass_time(minutes=61)
    ask(several[3])
    assert len(mailoutbox) == 6


def test_hundred_concurrent_requests_send_thirty_mails(mailoutbox):
    several = invitations(20)
    for _ in range(5):
        codes = race(20, lambda n: request_code(several[n], ANNA, client=f"client {n}"))
        assert {type(code) for code in codes} == {VerificationCode}, "who asks is told the same as ever"
        assert set(race(20, lambda n, codes=codes: send_code(codes[n].pk))) == {None}
        pass_time(minutes=1)
    assert VerificationCode.objects.count() == 100
    assert len(mailoutbox) == FIRST_CODES_PER_MAILBOX + CODES_PER_MAILBOX


def test_made_up_addresses_have_their_own_limit(mailoutbox):
    invitation = make_invitation(allowed_emails=["*@example.com", BEN])
    for number in range(CODES_PER_PATTERN + 1):
        ask(invitation, f"person{number}@example.com", client=f"client {number}")
    assert len(mailoutbox) == CODES_PER_PATTERN
    assert failures(invitation) == [(f"person{CODES_PER_PATTERN}@example.com", "SYSTEM", {"reason": PATTERN_FULL})]
    ask(invitation, BEN)
    assert len(mailoutbox) == CODES_PER_PATTERN + 1


def test_plus_tags_share_a_mailbox(mailoutbox):
    invitation = make_invitation(allowed_emails=["*@example.com"])
    for number in range(FIRST_CODES_PER_MAILBOX + 1):
        ask(invitation, f"anna+{number}@example.com", client=f"client {number}")
    assert len(mailoutbox) == FIRST_CODES_PER_MAILBOX


def test_few_networks_leave_others_a_code(mailoutbox):
    for each in invitations(20):
        ask(each, client=f"stranger {each.pk.int % 3}")
    sent = len(mailoutbox)
    (invitation,) = invitations(1)
    ask(invitation)
    assert (sent <= CODES_PER_MAILBOX + 3, len(mailoutbox)) == (True, sent + 1)


def test_mailboxes_are_counted_separately(mailoutbox):
    for each in invitations(5):
        ask(each)
    (other,) = invitations(1, BEN)
    ask(other, BEN)
    assert len(mailoutbox) == 6


def test_retried_code_counts_once(worker, mail_server, invitation):
    several = [invitation, *invitations(4)]
    mail_server.answers[ANNA] = ["451 busy"] * 8
    for each in several:
        request_code(each, ANNA, client="visitor")
    for _ in range(3):
        worker.later()
    assert len(mail_server.mails) == 5


def test_refused_requests_do_not_count(mailoutbox, invitation):
    for each in invitations(10, STRANGER):
        ask(each)
    ask(invitation)
    assert [mail.to for mail in mailoutbox] == [[ANNA]]


def test_personal_link_has_its_own_limit(mailoutbox):
    for each in invitations(10):
        ask(each)
    repair = make_invitation(allowed_emails=[ANNA, BEN], send_email=True)
    links = {link.delivery.email: link for link in PersonalLink.objects.select_related("delivery")}
    ask(repair, link=links[BEN])
    assert mailed_for(repair) == 0, "a link of another address allows no more codes"
    pass_time(minutes=1)
    ask(repair, link=links[ANNA])
    assert mailed_for(repair) == 1


def test_personal_links_are_limited_too(mailoutbox):
    for _ in range(8):
        repair = make_invitation(allowed_emails=[ANNA], send_email=True)
        ask(repair, link=PersonalLink.objects.get(delivery__invitation=repair))
    assert len(mailoutbox) == 5
