"""Codes that many use at once: each counts once, and forty guesses are no more than five."""

import pytest

from companies.exceptions import OTPThrottled, WrongCode
from companies.models import Authenticator, RecoveryCode, User
from companies.models.authenticators import FREE_TRIES
from companies.services.second_factor import pass_second_factor
from tests.companies.second_factors import code_of, set_up, wrong_code
from tests.factories import UserFactory
from tests.races import race


def right_answers(got):
    return [each for each in got if isinstance(each, Authenticator)]


@pytest.mark.django_db(transaction=True)
def test_of_forty_who_use_one_recovery_code_at_once_one_gets_in():
    user = UserFactory()
    _, codes = set_up(user)

    got = race(40, lambda index: pass_second_factor(User.objects.get(pk=user.pk), code=codes[0]))

    assert len(right_answers(got)) == 1
    assert RecoveryCode.objects.filter(used_at=None).count() == 9
    assert all(isinstance(each, Authenticator | WrongCode | OTPThrottled) for each in got)


@pytest.mark.django_db(transaction=True)
def test_of_forty_who_use_one_code_of_the_app_at_once_one_gets_in():
    user = UserFactory()
    factor, _ = set_up(user)
    code = code_of(factor)

    got = race(40, lambda index: pass_second_factor(User.objects.get(pk=user.pk), code=code))

    assert len(right_answers(got)) == 1


@pytest.mark.django_db(transaction=True)
def test_forty_wrong_codes_at_once_are_not_more_than_five():
    user = UserFactory()
    factor, _ = set_up(user)
    code = wrong_code(factor)

    got = race(40, lambda index: pass_second_factor(User.objects.get(pk=user.pk), code=code))

    assert [type(each) for each in got].count(WrongCode) == FREE_TRIES
    assert Authenticator.objects.get(pk=factor.pk).wrong_codes == FREE_TRIES
