import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from companies.exceptions import (
    NoSecondFactor,
    NotYoursToChange,
    OTPThrottled,
    SecondFactorRequired,
    SetupExpired,
    WrongCode,
)
from companies.models import Authenticator, RecoveryCode, User
from companies.models.authenticators import FREE_TRIES, MAX_FAILURES
from companies.services.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    renew_recovery_codes,
    reset_second_factor,
    turn_off_second_factor,
    verify_second_factor,
)
from tests.clock import stopped_at
from tests.companies.authenticators import code_of, set_up, wrong_code
from tests.factories import UserFactory


@pytest.fixture
def mary(db):
    return UserFactory(email="mary@example.com")


@pytest.fixture
def factor(mary):
    return set_up(mary)[0]


def in_use(user):
    return User.objects.get(pk=user.pk).authenticator


def history(user):
    entries = LogEntry.objects.filter(object_id=str(user.pk)).order_by("pk")
    return [(entry.user, entry.change_message) for entry in entries]


def is_accepted(user, code):
    try:
        return bool(verify_second_factor(user, code=code))
    except WrongCode:
        return False


def test_setup_needs_a_code(mary):
    begun = begin_second_factor(mary)
    with pytest.raises(WrongCode):
        confirm_second_factor(mary, code=wrong_code(begun))
    assert in_use(mary) is None

    codes = confirm_second_factor(mary, code=code_of(begun))

    assert in_use(mary) == begun
    assert len({code for code in codes if re.fullmatch(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}", code)}) == 10
    assert history(mary) == [(mary, "Second factor set up.")]


def test_app_code_works_once(mary, factor):
    code = code_of(factor)

    assert [is_accepted(mary, code) for _ in range(2)] == [True, False]


def test_setup_code_does_not_log_in(mary):
    begun = begin_second_factor(mary)
    code = code_of(begun)
    confirm_second_factor(mary, code=code)

    assert not is_accepted(mary, code)


def test_code_ignores_spaces_and_hyphens(mary, factor):
    code = code_of(factor)
    for typed in ("{0} {1}", " {0}{1} ", "{0}-{1}"):
        Authenticator.objects.update(last_step=-1)
        assert verify_second_factor(mary, code=typed.format(code[:3], code[3:]))


def test_clock_may_be_one_step_off(mary, factor):
    wanted = {-20: False, -2: False, -1: True, 0: True, 1: True, 2: False, 20: False}
    got = {}
    with stopped_at(timezone.now()):
        for steps in wanted:
            Authenticator.objects.update(last_step=-1, throttling_failure_count=0)
            got[steps] = is_accepted(mary, code_of(factor, steps))

    assert got == wanted


def test_older_code_is_refused_after_newer(mary, factor):
    older, newer = code_of(factor), code_of(factor, 1)

    assert [is_accepted(mary, code) for code in (newer, older)] == [True, False]


def test_malformed_codes_are_refused(mary, factor):
    for code in ("", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-00001", "0x1234", "\x00", "😀" * 40):
        Authenticator.objects.update(throttling_failure_count=0)
        assert not is_accepted(mary, code), code


def test_recovery_code_works_once(mary):
    _, codes = set_up(mary)
    typed = codes[3].lower().replace("-", " ")

    assert [is_accepted(mary, code) for code in (typed, codes[3])] == [True, False]
    assert history(mary)[-1] == (mary, "Recovery code used; 9 are left.")


def test_renewed_recovery_codes_replace_old_ones(mary):
    _, old = set_up(mary)
    new = renew_recovery_codes(mary, code=old[0])

    assert not set(new) & set(old)
    assert [is_accepted(mary, code) for code in (old[1], new[1])] == [False, True]


def test_codes_of_another_user_are_refused(mary, factor):
    theirs, codes = set_up(UserFactory())

    assert not any(is_accepted(mary, code) for code in (code_of(theirs), codes[0]))


def test_wrong_codes_pause_longer_and_longer(mary, factor):
    assert not any(is_accepted(mary, wrong_code(factor)) for _ in range(FREE_TRIES))
    pauses = []
    for _ in range(8):
        with pytest.raises(OTPThrottled) as refused:
            verify_second_factor(mary, code=code_of(factor))
        pauses.append(round(refused.value.retry_after / 60))
        Authenticator.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(hours=1))
        assert not is_accepted(mary, wrong_code(factor))

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_right_code_resets_failures(mary, factor):
    assert not any(is_accepted(mary, wrong_code(factor)) for _ in range(FREE_TRIES - 1))
    verify_second_factor(mary, code=code_of(factor))

    assert Authenticator.objects.get(pk=factor.pk).throttling_failure_count == 0


def test_hundred_wrong_codes_need_a_reset(mary, factor):
    past = timezone.now() - timedelta(days=1)
    Authenticator.objects.update(throttling_failure_count=MAX_FAILURES - 1, throttling_failure_timestamp=past)
    assert not is_accepted(mary, wrong_code(factor))
    Authenticator.objects.update(throttling_failure_timestamp=past)

    with pytest.raises(OTPThrottled) as refused:
        verify_second_factor(mary, code=code_of(factor))
    assert refused.value.retry_after is None
    reset_second_factor(mary, by=UserFactory())
    assert set_up(mary)


def test_recovery_code_passes_the_limit(mary):
    """Strangers who know the password cannot lock the member out by wrong codes, or force a reset."""
    factor, codes = set_up(mary)
    Authenticator.objects.update(throttling_failure_count=MAX_FAILURES, throttling_failure_timestamp=timezone.now())

    assert verify_second_factor(mary, code=codes[0]).is_closed
    with pytest.raises(OTPThrottled):
        verify_second_factor(mary, code=codes[0])
    with pytest.raises(OTPThrottled):
        verify_second_factor(mary, code=code_of(factor))
    assert not set_up(mary)[0].is_closed


def test_setup_expires_after_half_an_hour(mary):
    begun = begin_second_factor(mary)
    Authenticator.objects.update(created_at=timezone.now() - timedelta(minutes=31))

    with pytest.raises(SetupExpired):
        confirm_second_factor(mary, code=code_of(begun))


def test_new_authenticator_replaces_old_when_confirmed(mary, factor):
    another = begin_second_factor(mary)
    assert verify_second_factor(mary, code=code_of(factor)) == factor
    confirm_second_factor(mary, code=code_of(another))

    assert list(Authenticator.objects.all()) == [another]
    assert RecoveryCode.objects.count() == 10
    assert not is_accepted(mary, code_of(factor, 1))


def test_turning_off_needs_a_code(mary, factor):
    with pytest.raises(WrongCode):
        turn_off_second_factor(mary, code=wrong_code(factor))
    assert in_use(mary) == factor
    turn_off_second_factor(mary, code=code_of(factor))

    assert not Authenticator.objects.exists()
    assert history(mary)[-1] == (mary, "Second factor turned off.")


def test_required_factor_cannot_be_turned_off(mary, factor, settings):
    settings.STAFF_SECOND_FACTOR = "required"

    with pytest.raises(SecondFactorRequired):
        turn_off_second_factor(mary, code=code_of(factor))


def test_reset_deletes_factor_and_is_logged(mary, factor):
    administrator = UserFactory()
    reset_second_factor(mary, by=administrator)

    assert not Authenticator.objects.exists()
    assert not User.objects.get(pk=mary.pk).has_usable_password()
    assert history(mary)[-1] == (administrator, "Second factor reset.")
    with pytest.raises(NoSecondFactor):
        reset_second_factor(mary, by=administrator)


def test_reset_of_own_or_superior_is_refused(mary, factor):
    for by in (mary, UserFactory(is_superuser=False)):
        with pytest.raises(NotYoursToChange):
            reset_second_factor(mary, by=by)
    assert in_use(mary) == factor
