"""The second factor as a service: codes of an app, recovery codes, and what a dump of the database is worth."""

import re
from base64 import b32decode
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from companies.exceptions import (
    NoSecondFactor,
    NothingToConfirm,
    NotYoursToChange,
    OTPThrottled,
    SecondFactorRequired,
    WrongCode,
)
from companies.models import Authenticator, RecoveryCode, User
from companies.models.authenticators import FREE_TRIES, MOST_WRONG_CODES
from companies.services.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    key_in_words,
    otp_url,
    pass_second_factor,
    renew_recovery_codes,
    reset_second_factor,
    turn_off_second_factor,
)
from config.crypto.keyring import DecryptionError
from tests.clock import stopped_at
from tests.companies.second_factors import code_of, set_up, wrong_code
from tests.factories import UserFactory


@pytest.fixture
def mary(db):
    return UserFactory(email="mary@example.com")


@pytest.fixture
def factor(mary):
    return set_up(mary)[0]


def words_of(user):
    entries = LogEntry.objects.filter(object_id=str(user.pk)).order_by("pk")
    return [(entry.user, entry.change_message) for entry in entries]


def test_an_app_is_in_use_once_it_has_made_a_code(mary):
    begun = begin_second_factor(mary)
    assert User.objects.get(pk=mary.pk).authenticator is None
    with pytest.raises(WrongCode):
        confirm_second_factor(mary, code=wrong_code(begun))
    codes = confirm_second_factor(mary, code=code_of(begun))

    assert User.objects.get(pk=mary.pk).authenticator == begun
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}", code) for code in codes)
    assert words_of(mary) == [(mary, "Second factor set up.")]


def test_the_address_in_the_qr_code_is_what_apps_read(mary):
    begun = begin_second_factor(mary)
    address = urlsplit(otp_url(begun))

    assert (address.scheme, address.netloc, address.path) == ("otpauth", "totp", "/Latchkey%3Amary%40example.com")
    said = parse_qs(address.query)
    assert said == {"secret": [key_in_words(begun).replace(" ", "")], "issuer": ["Latchkey"]}
    assert len(b32decode(said["secret"][0])) == 20


def test_a_code_of_the_app_passes_once(mary, factor):
    code = code_of(factor)
    assert pass_second_factor(mary, code=code) == factor
    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=code)


def test_the_code_that_confirmed_does_not_log_in(mary):
    begun = begin_second_factor(mary)
    code = code_of(begun)
    confirm_second_factor(mary, code=code)

    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=code)


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}{1} ", "{0}-{1}"])
def test_a_code_may_be_typed_as_it_is_read(mary, factor, typed):
    code = code_of(factor)

    assert pass_second_factor(mary, code=typed.format(code[:3], code[3:]))


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(mary, steps):
    factor, _ = set_up(mary)
    Authenticator.objects.update(last_step=-1)

    with stopped_at(timezone.now()):
        assert pass_second_factor(mary, code=code_of(factor, steps))


@pytest.mark.parametrize("steps", [-3, 3, 20])
def test_a_clock_that_is_further_off_is_refused(mary, factor, steps):
    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=code_of(factor, steps))


def test_no_older_code_counts_after_a_newer_one(mary, factor):
    now, next_one = code_of(factor), code_of(factor, 1)
    pass_second_factor(mary, code=next_one)

    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=now)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-00001", "0x1234", "\x00", "😀" * 40])
def test_what_is_no_code_is_refused(mary, factor, code):
    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=code)


def test_a_recovery_code_opens_once_and_is_noted(mary):
    _, codes = set_up(mary)
    pass_second_factor(mary, code=codes[3].lower().replace("-", " "))
    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=codes[3])

    assert words_of(mary)[-1] == (mary, "Logged in with a recovery code; 9 are left.")


def test_new_recovery_codes_end_the_old_ones(mary, factor):
    _, old = set_up(mary)
    new = renew_recovery_codes(mary, code=old[0])

    assert not set(new) & set(old)
    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=old[1])
    assert pass_second_factor(mary, code=new[1])


def test_somebody_elses_codes_open_nothing(mary, factor):
    other = UserFactory()
    theirs, codes = set_up(other)

    for code in (code_of(theirs), codes[0]):
        with pytest.raises(WrongCode):
            pass_second_factor(mary, code=code)


def test_wrong_codes_cost_longer_and_longer(mary, factor):
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongCode):
            pass_second_factor(mary, code=wrong_code(factor))
    pauses = []
    for _ in range(8):
        with pytest.raises(OTPThrottled) as refused:
            pass_second_factor(mary, code=code_of(factor))
        pauses.append(round(refused.value.retry_after / 60))
        Authenticator.objects.update(wrong_at=timezone.now() - timedelta(hours=1))
        with pytest.raises(WrongCode):
            pass_second_factor(mary, code=wrong_code(factor))

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_right_code_forgets_the_wrong_ones(mary, factor):
    for _ in range(FREE_TRIES - 1):
        with pytest.raises(WrongCode):
            pass_second_factor(mary, code=wrong_code(factor))
    pass_second_factor(mary, code=code_of(factor))

    assert Authenticator.objects.get(pk=factor.pk).wrong_codes == 0


def test_a_hundred_wrong_codes_in_a_row_close_it_until_an_administrator_helps(mary, factor):
    past = timezone.now() - timedelta(days=1)
    Authenticator.objects.update(wrong_codes=MOST_WRONG_CODES - 1, wrong_at=past)
    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=wrong_code(factor))
    Authenticator.objects.update(wrong_at=past)

    with pytest.raises(OTPThrottled) as refused:
        pass_second_factor(mary, code=code_of(factor))
    assert refused.value.retry_after is None
    reset_second_factor(mary, by=UserFactory())
    assert set_up(mary)


def test_setting_up_takes_half_an_hour_at_most(mary):
    begun = begin_second_factor(mary)
    Authenticator.objects.update(created_at=timezone.now() - timedelta(minutes=31))

    with pytest.raises(NothingToConfirm):
        confirm_second_factor(mary, code=code_of(begun))


def test_the_app_in_use_works_until_another_takes_its_place(mary, factor):
    another = begin_second_factor(mary)
    assert pass_second_factor(User.objects.get(pk=mary.pk), code=code_of(factor)) == factor
    confirm_second_factor(mary, code=code_of(another))

    assert list(Authenticator.objects.all()) == [another]
    assert RecoveryCode.objects.count() == 10
    with pytest.raises(WrongCode):
        pass_second_factor(mary, code=code_of(factor, 1))


def test_turning_off_takes_a_code(mary, factor):
    with pytest.raises(WrongCode):
        turn_off_second_factor(mary, code=wrong_code(factor))
    assert User.objects.get(pk=mary.pk).authenticator == factor
    turn_off_second_factor(mary, code=code_of(factor))

    assert User.objects.get(pk=mary.pk).authenticator is None
    assert not Authenticator.objects.exists()
    assert words_of(mary)[-1] == (mary, "Second factor turned off.")


def test_where_everybody_needs_one_it_is_not_turned_off(mary, factor, settings):
    settings.STAFF_SECOND_FACTOR = "required"

    with pytest.raises(SecondFactorRequired):
        turn_off_second_factor(mary, code=code_of(factor))


def test_an_administrator_resets_it_and_that_is_noted(mary, factor):
    administrator = UserFactory()
    reset_second_factor(mary, by=administrator)

    assert User.objects.get(pk=mary.pk).authenticator is None
    assert words_of(mary)[-1] == (administrator, "Second factor reset.")
    with pytest.raises(NoSecondFactor):
        reset_second_factor(mary, by=administrator)


def test_nobody_resets_their_own_nor_that_of_somebody_mightier(mary, factor):
    for by in (mary, UserFactory(is_superuser=False)):
        with pytest.raises(NotYoursToChange):
            reset_second_factor(mary, by=by)


def test_a_key_that_is_moved_to_another_row_does_not_open(mary, factor):
    other, _ = set_up(UserFactory())
    Authenticator.objects.filter(pk=factor.pk).update(encrypted_key=bytes(other.encrypted_key))

    with pytest.raises(DecryptionError):
        pass_second_factor(mary, code=code_of(other))


def test_no_key_and_no_recovery_code_stands_in_the_database(mary):
    factor, codes = set_up(mary)
    key = b32decode(key_in_words(factor).replace(" ", ""))
    kept = [*Authenticator.objects.values_list("encrypted_key", flat=True), *RecoveryCode.objects.values_list("digest")]

    assert not any(key in bytes(each) for each in kept if not isinstance(each, tuple))
    for code in codes:
        assert code.replace("-", "").encode() not in b"".join(
            bytes(each[0]) for each in kept if isinstance(each, tuple)
        )
    assert key_in_words(factor) not in f"{factor!r} {factor} {factor.__dict__}"
