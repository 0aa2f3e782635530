import pytest

from invitations.exceptions import RateLimitExceeded
from invitations.models import PersonalLink
from invitations.services.verification.codes import CODES_PER_CLIENT
from tests.clock import stopped_at
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.services.verification.codes import ANNA, BEN, STRANGER, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA, BEN])


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


def test_stranger_leaves_others_their_codes(invitation):
    for number in range(CODES_PER_CLIENT):
        ask(invitation, f"person{number}@example.com", client="stranger")
    with pytest.raises(RateLimitExceeded):
        ask(invitation, client="stranger")
    ask(invitation, client="visitor")
    ask(make_invitation(invitation.company), client="stranger")
    pass_time(hours=1)
    ask(invitation, client="stranger")


def test_networks_have_their_own_codes(invitation):
    for _ in range(5):
        ask(invitation, client="stranger")
        pass_time(seconds=31)
    with pytest.raises(RateLimitExceeded):
        ask(invitation, client="stranger")
    ask(invitation, client="visitor")


def test_personal_link_has_its_own_codes():
    invitation = make_invitation(allowed_emails=[ANNA], send_email=True)
    link = PersonalLink.objects.select_related("delivery").get()
    for number in range(CODES_PER_CLIENT):
        ask(invitation, f"person{number}@example.com")
    assert ask(invitation, link=link).is_by_link


def test_office_gets_codes_for_many_invitations():
    codes = [ask(make_invitation(allowed_emails=[ANNA]), f"person{number}@example.com") for number in range(40)]
    assert len(codes) == 40


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
