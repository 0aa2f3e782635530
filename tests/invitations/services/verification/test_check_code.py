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
    WrongCode,
)
from invitations.models import EmailProof, EventType, Invitation, PersonalLink, RateLimitWindow, VerificationCode
from invitations.services.invitations import revoke_invitation, rotate_invitation, update_invitation
from invitations.services.verification.codes import (
    MAX_SHORT_CODES,
    WRONG_TRIES_PER_DAY,
    check_code,
    request_code,
    send_code,
)
from invitations.services.verification.proofs import find_proof
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.services.verification.codes import ANNA, BEN, STRANGER, ask, enter, logged, wrong

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA, BEN])


def wrong_tries_logged(invitation):
    events = logged(invitation, EventType.VERIFICATION_FAILED)
    return [(email, detail.get("count", 1)) for email, _, detail in events]


def test_code_proves_its_address(invitation):
    code = ask(invitation)
    proof, secret = check_code(invitation, ANNA, code.digits, requested=[code.pk])
    assert (proof.email, proof.invitation) == (ANNA, invitation)
    assert proof.expires_at - proof.created_at == pytest.approx(timedelta(hours=2), abs=timedelta(seconds=1))
    assert find_proof(invitation, secret) == proof
    assert logged(invitation, EventType.EMAIL_VERIFIED) == [(ANNA, "CONTRIBUTOR", {"means": "code"})]


def test_code_has_six_random_digits(invitation):
    codes = [VerificationCode(invitation=invitation, email=ANNA).digits for _ in range(200)]
    assert all(re.fullmatch("[0-9]{6}", digits) for digits in codes)
    assert len(set(codes)) > 195


def test_code_works_once(invitation):
    code = ask(invitation)
    assert isinstance(enter(invitation, code), EmailProof)
    assert enter(invitation, code) is CodeExpired


@pytest.mark.parametrize(("minutes", "outcome"), [(9.9, EmailProof), (10.1, type)])
def test_code_works_for_ten_minutes(invitation, minutes, outcome):
    code = ask(invitation)
    pass_time(minutes=minutes)
    result = enter(invitation, code)
    assert isinstance(result, outcome)
    assert result is CodeExpired or outcome is EmailProof


def test_fifth_attempt_may_succeed(invitation):
    code = ask(invitation)
    assert [enter(invitation, wrong(invitation)) for _ in range(4)] == [WrongCode] * 4
    assert isinstance(enter(invitation, code), EmailProof)


def test_code_ends_after_five_wrong_attempts(invitation):
    code = ask(invitation)
    outcomes = [enter(invitation, wrong(invitation)) for _ in range(5)]
    assert outcomes == [WrongCode] * 4 + [CodeAttemptsExceeded]
    assert enter(invitation, code) is CodeAttemptsExceeded
    assert not EmailProof.objects.exists()
    assert wrong_tries_logged(invitation) == [(ANNA, 6)]


def test_new_code_works_after_exceeded_attempts(invitation):
    ask(invitation)
    for _ in range(5):
        enter(invitation, wrong(invitation))
    pass_time(seconds=31)
    assert isinstance(enter(invitation, ask(invitation)), EmailProof)


def test_guess_without_code_is_expired(invitation):
    assert enter(invitation, "000000") is CodeExpired


def test_code_is_bound_to_address_and_invitation(invitation):
    other = make_invitation(invitation.company, allowed_emails=[ANNA])
    code = ask(invitation)
    ask(invitation, BEN)
    ask(other)
    assert enter(invitation, code, BEN) is WrongCode
    assert enter(other, code) is WrongCode
    assert isinstance(enter(invitation, code), EmailProof)


def test_code_of_unlisted_address_proves_nothing(invitation):
    code = ask(invitation, STRANGER)
    assert enter(invitation, code, STRANGER) is WrongCode
    assert not EmailProof.objects.exists()
    assert wrong_tries_logged(invitation) == [(None, 1)]


def test_allowed_domain_covers_its_addresses():
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
def test_closed_invitation_takes_no_codes(invitation, end, refusal):
    code = ask(invitation)
    end(invitation)
    invitation.refresh_from_db()
    with pytest.raises(refusal):
        ask(invitation, BEN)
    with pytest.raises(refusal):
        check_code(invitation, ANNA, code.digits, requested=[code.pk])


def test_rotation_and_removal_end_codes(invitation):
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


@pytest.fixture
def old(invitation):
    code = ask(invitation)
    pass_time(minutes=10.1)
    return code


def tries(code):
    code.refresh_from_db()
    return code.tries


def test_expired_code_costs_no_attempt(invitation, old):
    new = ask(invitation)
    for _ in range(6):
        assert enter(invitation, old) is CodeExpired
    assert tries(new) == 0
    assert wrong_tries_logged(invitation) == [(ANNA, 6)]
    assert isinstance(enter(invitation, new), EmailProof)


def test_wrong_code_costs_an_attempt(invitation, old):
    new = ask(invitation)
    assert enter(invitation, wrong(invitation)) is WrongCode
    assert tries(new) == 1


def test_foreign_code_costs_an_attempt(invitation, old):
    other = make_invitation(invitation.company, allowed_emails=[ANNA])
    codes = [ask(invitation, BEN), ask(other)]
    assert enter(invitation, old, BEN) is WrongCode
    assert enter(other, old) is WrongCode
    assert [tries(code) for code in codes] == [1, 1]


def test_code_works_in_its_browser_only(invitation):
    code, foreign = ask(invitation), ask(invitation, client="stranger")
    outcomes = [enter(invitation, wrong(invitation), requested=[foreign]) for _ in range(100)]
    assert outcomes == [WrongCode] * 4 + [CodeAttemptsExceeded] * 96
    assert enter(invitation, foreign, requested=[code]) is WrongCode
    assert tries(code) == 1
    assert isinstance(enter(invitation, code, requested=[code]), EmailProof)


@pytest.mark.parametrize("fault", ["not tried", "refused"])
def test_unmailed_code_cannot_be_guessed(invitation, settings, fault):
    code = request_code(invitation, ANNA, client="visitor")
    if fault == "refused":
        settings.EMAIL_BACKEND = "no.such.Backend"
        send_code(code.pk)
    assert enter(invitation, code) is WrongCode
    assert not RateLimitWindow.objects.filter(key=f"wrong-codes:{invitation.pk}:").exists()


def guess(invitation, number):
    """Wrong tries, each with a new code of another address."""
    for index in range(invitation.codes.count(), invitation.codes.count() + number):
        email = f"person{index}@example.com"
        code = ask(invitation, email, client=f"client {index}")
        enter(invitation, wrong(invitation), email, requested=[code])


def test_many_wrong_tries_guard_later_codes():
    invitation = make_invitation(allowed_emails=["*@example.com"])
    guess(invitation, WRONG_TRIES_PER_DAY - 1)
    assert len(ask(invitation).digits) == 6
    guess(invitation, 1)
    guarded = ask(invitation, BEN)
    assert re.fullmatch("[0-9]{8}", guarded.digits)
    assert enter(invitation, wrong(invitation), BEN) is CodeAttemptsExceeded
    assert enter(invitation, guarded, BEN) is CodeAttemptsExceeded
    pass_time(seconds=31)
    assert isinstance(enter(invitation, ask(invitation, BEN), BEN), EmailProof), "slower, but never locked out"
    pass_time(hours=24)
    assert len(ask(invitation, BEN).digits) == 6


def test_codes_in_stock_are_bounded():
    invitation = make_invitation(allowed_emails=["*@example.com"])
    emails = [f"person{number}@example.com" for number in range(MAX_SHORT_CODES + 5)]
    codes = [ask(invitation, email, client=email) for email in emails]
    assert [len(code.digits) for code in codes] == [6] * MAX_SHORT_CODES + [8] * 5
    for email, code in zip(emails[:4], codes, strict=False):
        assert [enter(invitation, wrong(invitation), email, requested=[code]) for _ in range(5)][3:] == [
            WrongCode,
            CodeAttemptsExceeded,
        ]
    # after twenty wrong tries, each code that was sent before has one
    assert enter(invitation, wrong(invitation), emails[4], requested=[codes[4]]) is CodeAttemptsExceeded
    assert enter(invitation, codes[4], emails[4], requested=[codes[4]]) is CodeAttemptsExceeded
    assert isinstance(enter(invitation, codes[5], emails[5], requested=[codes[5]]), EmailProof)


def test_personal_link_has_its_own_guard():
    invitation = make_invitation(allowed_emails=["*@example.com", ANNA], send_email=True)
    link = PersonalLink.objects.select_related("delivery").get()
    guess(invitation, WRONG_TRIES_PER_DAY)
    assert len(ask(invitation, BEN).digits) == 8
    assert len(ask(invitation, link=link).digits) == 6
