import pytest

from invitations.exceptions import (
    CodeExpired,
    RateLimitExceeded,
)
from invitations.models import EmailProof, VerificationCode
from tests.clock import stopped_at
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.services.verification.codes import ANNA, BEN, STRANGER, ask, enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA, BEN])


def test_three_codes_stay_active(invitation):
    codes = []
    for _ in range(4):
        codes.append(ask(invitation))
        pass_time(seconds=31)
    assert VerificationCode.objects.active().count() == 3
    assert enter(invitation, codes[0]) is CodeExpired
    for code in codes[1:]:
        assert isinstance(enter(invitation, code), EmailProof)


def test_codes_are_thirty_seconds_apart(invitation):
    asked_at = ask(invitation).created_at
    with stopped_at(asked_at), pytest.raises(RateLimitExceeded, match="30 seconds") as refused:
        ask(invitation)
    assert refused.value.retry_after == 30
    ask(invitation, BEN)
    pass_time(seconds=30.1)
    ask(invitation)
    assert invitation.codes.count() == 3


def test_address_limit_per_hour(invitation):
    for _ in range(5):
        ask(invitation)
        pass_time(minutes=2)
    with pytest.raises(RateLimitExceeded, match="50 minutes"):
        ask(invitation)
    ask(invitation, BEN)
    pass_time(minutes=51)
    ask(invitation)


def test_invitation_limit_per_hour(invitation):
    for number in range(20):
        ask(invitation, f"person{number}@example.com", client=f"client {number}")
    with pytest.raises(RateLimitExceeded):
        ask(invitation)
    other = make_invitation(invitation.company, allowed_emails=[ANNA])
    ask(other)
    pass_time(hours=1)
    ask(invitation)


def test_client_limit_per_hour():
    for number in range(30):
        if number % 15 == 0:
            invitation = make_invitation()
        ask(invitation, f"person{number}@example.com")
    with pytest.raises(RateLimitExceeded):
        ask(make_invitation())
    ask(make_invitation(), client="another visitor")


def test_limits_ignore_whether_address_is_allowed(invitation):
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
