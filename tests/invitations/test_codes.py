"""Codes: how long they work, how often they may be tried and sent, and what nobody learns from them."""

import re
from datetime import timedelta

import pytest
from django.db.models import F

from companies.actors import SYSTEM
from invitations.exceptions import (
    CodeAttemptsExceeded,
    CodeExpired,
    InvitationExpired,
    InvitationFulfilled,
    InvitationRevoked,
    RateLimitExceeded,
    WrongCode,
)
from invitations.models import EmailProof, EventType, Invitation, VerificationCode
from invitations.services.invitations import revoke_invitation, rotate_invitation, update_invitation
from invitations.services.verification.codes import check_code, request_code, send_code
from invitations.services.verification.proofs import find_proof
from tests.clock import stopped_at
from tests.factories import make_invitation
from tests.invitations.clock import pass_time

pytestmark = pytest.mark.django_db

ANNA, BEN, STRANGER = "anna@example.com", "ben@example.com", "stranger@example.org"


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA, BEN])


def ask(invitation, email=ANNA, client="somebody"):
    return request_code(invitation, email, client=client)


def enter(invitation, code, email=ANNA, client="somebody"):
    """The proof, or the kind of refusal."""
    try:
        return check_code(invitation, email, code if isinstance(code, str) else code.digits, client=client)[0]
    except (WrongCode, CodeExpired, CodeAttemptsExceeded, RateLimitExceeded) as refusal:
        return type(refusal)


def wrong(invitation):
    """Digits that no code of the invitation has."""
    taken = {code.digits for code in invitation.codes.all()}
    return next(digits for digits in (f"{number:06d}" for number in range(1000)) if digits not in taken)


def logged(invitation, event_type):
    return list(invitation.events.filter(type=event_type).order_by("pk").values_list("email", "actor", "detail"))


# --- entering ---------------------------------------------------------------------------------------------


def test_a_code_proves_its_address_for_two_hours(invitation):
    proof, secret = check_code(invitation, ANNA, ask(invitation).digits, client="somebody")
    assert (proof.email, proof.invitation) == (ANNA, invitation)
    assert proof.expires_at - proof.created_at == pytest.approx(timedelta(hours=2), abs=timedelta(seconds=1))
    assert find_proof(invitation, secret) == proof
    assert logged(invitation, EventType.EMAIL_VERIFIED) == [(ANNA, "CONTRIBUTOR", {"means": "code"})]


def test_a_code_has_six_digits_and_is_different_each_time(invitation):
    codes = [VerificationCode(invitation=invitation, email=ANNA).digits for _ in range(200)]
    assert all(re.fullmatch("[0-9]{6}", digits) for digits in codes)
    assert len(set(codes)) > 195


def test_a_code_works_once(invitation):
    code = ask(invitation)
    assert isinstance(enter(invitation, code), EmailProof)
    assert enter(invitation, code) is CodeExpired


@pytest.mark.parametrize(("minutes", "outcome"), [(9.9, EmailProof), (10.1, type)])
def test_a_code_works_for_ten_minutes(invitation, minutes, outcome):
    code = ask(invitation)
    pass_time(minutes=minutes)
    result = enter(invitation, code)
    assert isinstance(result, outcome)
    assert result is CodeExpired or outcome is EmailProof


def test_the_fifth_try_may_still_be_right(invitation):
    code = ask(invitation)
    assert [enter(invitation, wrong(invitation)) for _ in range(4)] == [WrongCode] * 4
    assert isinstance(enter(invitation, code), EmailProof)


def test_after_five_wrong_tries_the_right_code_is_worth_nothing(invitation):
    code = ask(invitation)
    outcomes = [enter(invitation, wrong(invitation)) for _ in range(5)]
    assert outcomes == [WrongCode] * 4 + [CodeAttemptsExceeded]
    assert enter(invitation, code) is CodeAttemptsExceeded
    assert not EmailProof.objects.exists()
    assert logged(invitation, EventType.VERIFICATION_FAILED) == [(ANNA, "CONTRIBUTOR", {})] * 6


def test_after_too_many_tries_a_new_code_works(invitation):
    ask(invitation)
    for _ in range(5):
        enter(invitation, wrong(invitation))
    pass_time(seconds=31)
    assert isinstance(enter(invitation, ask(invitation)), EmailProof)


def test_wrong_too_old_and_too_often_are_three_sentences_with_a_way_forward():
    sentences = {kind.default_message for kind in (WrongCode, CodeExpired, CodeAttemptsExceeded)}
    assert len(sentences) == 3
    assert all("new" in sentence for sentence in sentences)


def test_without_any_code_there_is_nothing_to_guess(invitation):
    assert enter(invitation, "000000") is CodeExpired


def test_a_code_is_for_its_address_and_its_invitation_only(invitation):
    other = make_invitation(invitation.company, allowed_emails=[ANNA])
    code = ask(invitation)
    ask(invitation, BEN)
    ask(other)
    assert enter(invitation, code, BEN) is WrongCode
    assert enter(other, code) is WrongCode
    assert isinstance(enter(invitation, code), EmailProof)


def test_the_right_code_of_an_address_that_is_not_allowed_proves_nothing(invitation):
    code = ask(invitation, STRANGER)
    assert enter(invitation, code, STRANGER) is CodeExpired
    assert not EmailProof.objects.exists()
    assert logged(invitation, EventType.VERIFICATION_FAILED) == [(None, "CONTRIBUTOR", {})]


def test_an_address_of_an_allowed_domain_is_allowed():
    invitation = make_invitation(allowed_emails=["*@Example.com"])
    assert isinstance(enter(invitation, ask(invitation)), EmailProof)
    assert not isinstance(enter(invitation, ask(invitation, STRANGER), STRANGER), EmailProof)
    for email in ("*@example.com", "a@sub.example.com", "a@notexample.com", "a@example.com.evil.example"):
        assert not invitation.allows(email)


@pytest.mark.parametrize(
    ("end", "refusal"),
    [
        (lambda invitation: revoke_invitation(invitation, by=SYSTEM), InvitationRevoked),
        (
            lambda invitation: Invitation.objects.update(
                created_at=F("created_at") - timedelta(days=1), expires_at=F("created_at") - timedelta(minutes=1)
            ),
            InvitationExpired,
        ),
        (lambda invitation: Invitation.objects.update(max_uses=1, use_count=1), InvitationFulfilled),
    ],
)
def test_a_closed_invitation_sends_and_takes_no_codes(invitation, end, refusal):
    code = ask(invitation)
    end(invitation)
    invitation.refresh_from_db()
    with pytest.raises(refusal):
        ask(invitation, BEN)
    with pytest.raises(refusal):
        check_code(invitation, ANNA, code.digits, client="somebody")


def test_rotating_and_taking_an_address_off_end_its_codes(invitation):
    for change in (
        lambda: rotate_invitation(invitation, by=SYSTEM),
        lambda: update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN]),
    ):
        code = ask(invitation)
        change()
        update_invitation(invitation, by=SYSTEM, allowed_emails=[ANNA, BEN])
        invitation.refresh_from_db()
        assert enter(invitation, code) is CodeExpired
        pass_time(seconds=31)


# --- sending ----------------------------------------------------------------------------------------------


def test_three_codes_are_alive_and_the_fourth_oldest_is_not(invitation):
    codes = []
    for _ in range(4):
        codes.append(ask(invitation))
        pass_time(seconds=31)
    assert VerificationCode.objects.live().count() == 3
    assert enter(invitation, codes[0]) is CodeExpired
    for code in codes[1:]:
        assert isinstance(enter(invitation, code), EmailProof)


def test_half_a_minute_lies_between_two_sends(invitation):
    asked_at = ask(invitation).created_at
    with stopped_at(asked_at), pytest.raises(RateLimitExceeded, match="in 30 seconds") as refused:
        ask(invitation)
    assert refused.value.retry_after == 30
    ask(invitation, BEN)
    pass_time(seconds=30.1)
    ask(invitation)
    assert invitation.codes.count() == 3


def test_five_codes_an_hour_go_to_one_address(invitation):
    for _ in range(5):
        ask(invitation)
        pass_time(minutes=2)
    with pytest.raises(RateLimitExceeded, match="in 50 minutes"):
        ask(invitation)
    ask(invitation, BEN)
    pass_time(minutes=51)
    ask(invitation)


def test_twenty_codes_an_hour_are_sent_for_one_invitation(invitation):
    for number in range(20):
        ask(invitation, f"person{number}@example.com", client=f"client {number}")
    with pytest.raises(RateLimitExceeded):
        ask(invitation)
    other = make_invitation(invitation.company, allowed_emails=[ANNA])
    ask(other)
    pass_time(hours=1)
    ask(invitation)


def test_thirty_codes_an_hour_are_sent_for_one_client():
    for number in range(30):
        if number % 15 == 0:
            invitation = make_invitation()
        ask(invitation, f"person{number}@example.com")
    with pytest.raises(RateLimitExceeded):
        ask(make_invitation())
    ask(make_invitation(), client="somebody else")


def test_limits_count_alike_whether_an_address_is_allowed_or_not(invitation):
    for email in (ANNA, STRANGER):
        sent = 0
        for _ in range(8):
            try:
                ask(invitation, email)
                sent += 1
            except RateLimitExceeded:
                pass
            pass_time(seconds=31)
        assert sent == 5


@pytest.mark.parametrize(("email", "subjects"), [(ANNA, 1), (STRANGER, 0)], ids=["allowed", "not allowed"])
def test_only_an_allowed_address_gets_a_mail(invitation, mailoutbox, email, subjects):
    code = ask(invitation, email)
    assert send_code(code.pk) is None
    assert len(mailoutbox) == subjects
    assert logged(invitation, EventType.CODE_SENT) == [(ANNA, "SYSTEM", {})] * subjects
    assert all(code.digits in mail.body for mail in mailoutbox)


@pytest.mark.django_db(transaction=True)
def test_a_code_leaves_by_the_worker_and_again_when_the_server_was_busy(worker, mail_server, invitation):
    mail_server.answers[ANNA] = ["451 busy"]
    code = ask(invitation)
    worker()
    assert mail_server.mails == []
    worker.later()
    assert code.digits in mail_server.mails[0].text
    assert code.digits in mail_server.mails[0].html
    assert logged(invitation, EventType.CODE_SENT) == [(ANNA, "SYSTEM", {})]


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_too_old_is_not_sent_any_more(worker, no_mail_server, invitation, jobs):
    ask(invitation)
    worker()
    assert jobs.statuses == ["todo"]
    pass_time(minutes=10)
    worker.later()
    assert jobs.statuses == ["succeeded"]
    assert logged(invitation, EventType.CODE_SENT) == []


@pytest.mark.django_db(transaction=True)
def test_a_code_whose_address_does_not_exist_is_told_to_the_partner(worker, mail_server, invitation, jobs):
    mail_server.answers[ANNA] = ["550 nobody here"]
    ask(invitation)
    worker()
    words = {"reason": "The mail server refused the address: 550 nobody here"}
    assert logged(invitation, EventType.DELIVERY_FAILED) == [(ANNA, "SYSTEM", words)]
    assert jobs.statuses == ["succeeded"]
