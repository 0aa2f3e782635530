import pytest

from companies.exceptions import OTPThrottled, WrongCode
from companies.models import Authenticator, RecoveryCode, User
from companies.models.authenticators import FREE_TRIES
from companies.services.second_factor import verify_second_factor
from tests.companies.authenticators import code_of, set_up, wrong_code
from tests.factories import UserFactory
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


def verify_forty_times(user, code):
    return race(40, lambda index: verify_second_factor(User.objects.get(pk=user.pk), code=code))


def test_recovery_code_race_has_one_winner():
    user = UserFactory()
    _, codes = set_up(user)

    got = verify_forty_times(user, codes[0])

    assert sum(isinstance(each, Authenticator) for each in got) == 1
    assert all(isinstance(each, Authenticator | WrongCode | OTPThrottled) for each in got)
    assert RecoveryCode.objects.filter(used_at=None).count() == 9


def test_app_code_race_has_one_winner():
    user = UserFactory()
    factor, _ = set_up(user)

    got = verify_forty_times(user, code_of(factor))

    assert sum(isinstance(each, Authenticator) for each in got) == 1


def test_wrong_code_race_counts_each_try():
    user = UserFactory()
    factor, _ = set_up(user)

    got = verify_forty_times(user, wrong_code(factor))

    assert [type(each) for each in got].count(WrongCode) == FREE_TRIES
    assert Authenticator.objects.get(pk=factor.pk).throttling_failure_count == FREE_TRIES
