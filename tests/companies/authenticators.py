"""What the authenticator app of a member of staff shows."""

from django.db.models import F
from django.utils import timezone
from django_otp.oath import TOTP

from companies.models import Authenticator
from companies.services.second_factor import begin_second_factor, confirm_second_factor
from tests.secrecy import KNOWN

STEP = 30


def code_of(authenticator, steps=0):
    """What the app shows, `steps` of half a minute from now.

    The code of now and that of the next step hold for half a minute at least, whatever the test's machine is busy with.
    """
    totp = TOTP(authenticator.key)
    totp.time = timezone.now().timestamp() + STEP * steps
    code = f"{totp.token():06}"
    KNOWN.note(code)
    return code


def wrong_code(authenticator):
    right = {code_of(authenticator, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def set_up(user):
    """In use, and the code of now is still to be spent."""
    begun = begin_second_factor(user)
    codes = confirm_second_factor(user, code=code_of(begun))
    KNOWN.note(*codes)
    give_back_the_code_of_now(begun)
    return Authenticator.objects.get(pk=begun.pk), codes


def give_back_the_code_of_now(authenticator):
    """As if the app had been confirmed by the code of a step ago."""
    Authenticator.objects.filter(pk=authenticator.pk).update(last_step=F("last_step") - 1)
