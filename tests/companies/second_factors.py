"""What the authenticator app of a member of staff shows."""

import time
from base64 import b32decode

from django.utils import timezone
from django_otp.oath import TOTP

from companies.models import Authenticator
from companies.services import begin_second_factor, confirm_second_factor, key_in_words
from tests.secrecy import KNOWN

STEP = 30
LEFT = 3  # seconds of a step in which a test may still begin to use a code


def code_of(authenticator, steps=0):
    """What the app shows, `steps` of half a minute from now; never on the edge of the next one."""
    if (left := STEP - time.time() % STEP) < LEFT:
        time.sleep(left)
    totp = TOTP(b32decode(key_in_words(authenticator).replace(" ", "")))
    totp.time = timezone.now().timestamp() + STEP * steps
    code = f"{totp.token():06}"
    KNOWN.note(code)
    return code


def wrong_code(authenticator):
    right = {code_of(authenticator, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def set_up(user, steps=-1):
    """In use, confirmed by the code of a step ago: the one of now is still to be spent."""
    begun = begin_second_factor(user)
    codes = confirm_second_factor(user, code=code_of(begun, steps))
    KNOWN.note(*codes)
    return Authenticator.objects.get(pk=begun.pk), codes
