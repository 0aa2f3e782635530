"""Authenticator app of a member of staff."""

from django.db.models import F
from django.utils import timezone
from django_otp.oath import TOTP

from companies.models import Authenticator
from companies.services.second_factor import begin_second_factor, confirm_second_factor
from tests.secrecy import KNOWN

STEP = 30


def code_of(authenticator, steps=0):
    """Return the code of the app, `steps` of 30 seconds from now. Steps 0 and 1 work for at least 30 seconds."""
    totp = TOTP(authenticator.key)
    totp.time = timezone.now().timestamp() + STEP * steps
    code = f"{totp.token():06}"
    KNOWN.note(code)
    return code


def wrong_code(authenticator):
    right = {code_of(authenticator, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def set_up(user):
    """Set up an authenticator whose present code is still unused."""
    begun = begin_second_factor(user)
    codes = confirm_second_factor(user, code=code_of(begun))
    KNOWN.note(*codes)
    give_back_the_code_of_now(begun)
    return Authenticator.objects.get(pk=begun.pk), codes


def give_back_the_code_of_now(authenticator):
    """Make the present code unused again."""
    Authenticator.objects.filter(pk=authenticator.pk).update(last_step=F("last_step") - 1)
