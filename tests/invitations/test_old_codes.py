"""A code that is over, typed while a newer one works: its mail was slow, or somebody looked at the wrong one."""

import pytest

from invitations.exceptions import CodeExpired, RateLimitExceeded, WrongCode
from invitations.models import EmailProof, EventType
from invitations.services.verification.codes import TRIES_PER_ADDRESS, TRIES_PER_CLIENT
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.test_codes import ANNA, BEN, ask, enter, logged, wrong

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA, BEN])


@pytest.fixture
def old(invitation):
    code = ask(invitation)
    pass_time(minutes=10.1)
    return code


def tries(code):
    code.refresh_from_db()
    return code.tries


def test_it_is_said_to_be_too_old_and_costs_the_newer_one_nothing(invitation, old):
    new = ask(invitation)
    for _ in range(6):
        assert enter(invitation, old) is CodeExpired
    assert tries(new) == 0
    assert len(logged(invitation, EventType.VERIFICATION_FAILED)) == 6
    assert isinstance(enter(invitation, new), EmailProof)


def test_any_other_is_a_try(invitation, old):
    new = ask(invitation)
    assert enter(invitation, wrong(invitation)) is WrongCode
    assert tries(new) == 1


def test_one_of_another_address_or_invitation_is_a_try_too(invitation, old):
    other = make_invitation(invitation.company, allowed_emails=[ANNA])
    codes = [ask(invitation, BEN), ask(other)]
    assert enter(invitation, old, BEN) is WrongCode
    assert enter(other, old) is WrongCode
    assert [tries(code) for code in codes] == [1, 1]


def test_it_is_not_typed_for_ever_either(invitation, old):
    ask(invitation)
    got = [enter(invitation, old, client=f"client {number}") for number in range(TRIES_PER_ADDRESS + 1)]
    assert got == [CodeExpired] * TRIES_PER_ADDRESS + [RateLimitExceeded]


def test_one_client_tries_a_hundred_times_an_hour_whatever_it_tries(invitation):
    half = TRIES_PER_CLIENT // 2
    got = [enter(invitation, "000000", email) for email in (ANNA, BEN) for _ in range(half)]
    assert RateLimitExceeded not in got
    assert enter(invitation, "000000", BEN) is RateLimitExceeded
    assert enter(invitation, "000000", BEN, client="somebody else") is CodeExpired
    pass_time(minutes=61)
    assert enter(invitation, "000000", BEN) is CodeExpired
