"""The second factor of a member of staff: set up, passed, renewed, turned off and reset."""

import hashlib
import os
import re
import secrets
from base64 import b32encode
from typing import NamedTuple
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_otp.oath import TOTP

from companies.exceptions import (
    NoSecondFactor,
    NothingToConfirm,
    NotYoursToChange,
    OTPThrottled,
    SecondFactorRequired,
    WrongCode,
)
from companies.models import Authenticator, RecoveryCode, User
from companies.services.staff import may_manage, note

ISSUER = "Latchkey"
KEY_BYTES = 20  # RFC 4226, 4, R6
CLOCK_DRIFT_STEPS = 1  # of 30 seconds, either way
RECOVERY_CODES = 10
RECOVERY_BYTES = 10


class Checked(NamedTuple):
    """What came of a code: `wrong` or nothing."""

    refused: WrongCode | OTPThrottled | None
    was_recovery: bool = False


@transaction.atomic
def begin_second_factor(user: User) -> Authenticator:
    """An app to be set up, with a new key; one that was begun before is forgotten, one in use stays in use."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    locked.begun_authenticators.delete()
    authenticator = Authenticator(user=locked)
    authenticator.encrypted_key = settings.KEYRING.encrypt(os.urandom(KEY_BYTES), associated_data=authenticator.binding)
    authenticator.save()
    return authenticator


def confirm_second_factor(user: User, *, code: str) -> list[str]:
    """The app that is being set up has made `code`: it is in use from now on, in place of any other.

    Returns ten new recovery codes, which nobody can show again. Refuses a wrong code, too many, and an app whose
    setting up began more than half an hour ago.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        begun = locked.begun_authenticators.select_for_update().first()
        if begun is None or not begun.is_fresh:
            raise NothingToConfirm
        checked = _check(begun, code, recovery=False)
        if checked.refused is None:
            locked.authenticator = begun
            locked.save(update_fields=["authenticator"])
            locked.begun_authenticators.delete()
            codes = _new_recovery_codes(begun)
            note(locked, "Second factor set up.", by=locked)
    if checked.refused:
        raise checked.refused
    user.authenticator = begun
    return codes


def pass_second_factor(user: User, *, code: str) -> Authenticator:
    """`code` is one of the app in use, or a recovery code; neither opens twice.

    Refuses a wrong code, and any once there were too many. Wrong codes count although they are refused.
    """
    with transaction.atomic():
        in_use = user.authenticators.select_for_update().filter(pk=user.authenticator_id or UUID(int=0))
        if (authenticator := in_use.first()) is None:
            raise NoSecondFactor
        checked = _check(authenticator, code)
        if checked.was_recovery:
            left = authenticator.recovery_codes.filter(used_at=None).count()
            note(user, f"Logged in with a recovery code; {left} are left.", by=user)
    if checked.refused:
        raise checked.refused
    return authenticator


def renew_recovery_codes(user: User, *, code: str) -> list[str]:
    """Ten new recovery codes; the old ones open nothing from now on. Refuses as `pass_second_factor`."""
    authenticator = pass_second_factor(user, code=code)
    with transaction.atomic():
        authenticator.recovery_codes.all().delete()
        codes = _new_recovery_codes(authenticator)
        note(user, "Recovery codes renewed.", by=user)
    return codes


def turn_off_second_factor(user: User, *, code: str) -> User:
    """The password alone opens the login again. Refuses where everybody needs more, and as `pass_second_factor`."""
    if settings.STAFF_SECOND_FACTOR == "required":
        raise SecondFactorRequired
    pass_second_factor(user, code=code)
    return _forget(user, "Second factor turned off.", by=user)


def reset_second_factor(user: User, *, by: User) -> User:
    """For somebody who has lost app and recovery codes: their password alone opens the login, until they set up anew.

    Refuses a member of staff whom `by` may not manage, and oneself: that is turning off, which takes a code.
    """
    if not may_manage(by, user) or user.pk == by.pk:
        raise NotYoursToChange
    return _forget(user, "Second factor reset.", by=by)


def otp_url(authenticator: Authenticator) -> str:
    """What a QR code says to an app (the `otpauth` scheme). Secret."""
    label = quote(f"{ISSUER}:{authenticator.user.email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': b32encode(_key(authenticator)).decode(), 'issuer': ISSUER})}"


def key_in_words(authenticator: Authenticator) -> str:
    """The key, to be typed into an app that cannot see: Base32 in groups of four. Secret."""
    return _grouped(b32encode(_key(authenticator)).decode())


@transaction.atomic
def _forget(user: User, words: str, *, by: User) -> User:
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.authenticator_id is None:
        raise NoSecondFactor
    locked.authenticator = None
    locked.save(update_fields=["authenticator"])
    locked.authenticators.all().delete()
    note(locked, words, by=by)
    user.authenticator = None
    return locked


def _check(authenticator: Authenticator, code: str, *, recovery: bool = True) -> Checked:
    """Look at a code and spend it. The row is locked: of many at once, each counts."""
    if refused := _too_many(authenticator):
        return Checked(refused)
    plain = re.sub(r"[\s-]", "", code).upper()
    by_app = _spend_app_code(authenticator, plain)
    by_recovery = not by_app and recovery and _spend_recovery_code(authenticator, plain)
    right = by_app or by_recovery
    authenticator.wrong_codes = 0 if right else authenticator.wrong_codes + 1
    authenticator.wrong_at = None if right else timezone.now()
    authenticator.save(update_fields=["last_step", "wrong_codes", "wrong_at"])
    return Checked(None if right else WrongCode(), by_recovery)


def _too_many(authenticator: Authenticator) -> OTPThrottled | None:
    if authenticator.is_closed:
        return OTPThrottled(retry_after=None)
    rests_until, now = authenticator.rests_until, timezone.now()
    if rests_until is None or rests_until <= now:
        return None
    return OTPThrottled(retry_after=round((rests_until - now).total_seconds()) + 1)


def _spend_app_code(authenticator: Authenticator, code: str) -> bool:
    """A code counts once, and no older one after it (RFC 6238, 5.2)."""
    if not re.fullmatch(r"[0-9]{6}", code, re.ASCII):
        return False
    totp = TOTP(_key(authenticator))
    totp.time = timezone.now().timestamp()
    if not totp.verify(int(code), tolerance=CLOCK_DRIFT_STEPS, min_t=authenticator.last_step + 1):
        return False
    authenticator.last_step = totp.t()
    return True


def _spend_recovery_code(authenticator: Authenticator, code: str) -> bool:
    unused = authenticator.recovery_codes.filter(digest=_digest(code), used_at=None)
    return unused.update(used_at=timezone.now()) == 1


def _new_recovery_codes(authenticator: Authenticator) -> list[str]:
    codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(authenticator=authenticator, digest=_digest(code)) for code in codes)
    return [_grouped(code, "-") for code in codes]


def _digest(code: str) -> bytes:
    """80 random bits need neither salt nor a slow hash."""
    return hashlib.sha256(code.encode()).digest()


def _key(authenticator: Authenticator) -> bytes:
    key: bytes = settings.KEYRING.decrypt(bytes(authenticator.encrypted_key), associated_data=authenticator.binding)
    return key


def _grouped(text: str, separator: str = " ") -> str:
    return separator.join(text[start : start + 4] for start in range(0, len(text), 4))
