"""Second factor of a member of staff: set up, verify, renew recovery codes, turn off, reset."""

import hashlib
import os
import re
import secrets
from base64 import b32encode

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from companies.exceptions import (
    NoSecondFactor,
    NotYoursToChange,
    OTPThrottled,
    SecondFactorRequired,
    SetupExpired,
    WrongCode,
)
from companies.login_throttle import LOGIN_REFUSALS
from companies.models import Authenticator, RecoveryCode, User
from companies.services.passwords import withdraw_password
from companies.services.staff import may_manage, note
from config.monitoring.limits import LIMIT_REFUSALS
from config.typed_text import find_digits, plain_digits

KEY_BYTES = 20  # RFC 4226, 4, R6
RECOVERY_CODES = 10
RECOVERY_BYTES = 10


@transaction.atomic
def begin_second_factor(user: User) -> Authenticator:
    """Create an unconfirmed authenticator with a new key. One in use stays in use; an earlier unconfirmed one goes."""
    locked = _lock(user)
    locked.authenticators.filter(confirmed=False).delete()
    authenticator = Authenticator(user=locked, confirmed=False)
    key = os.urandom(KEY_BYTES)
    authenticator.encrypted_key = settings.KEYRING.encrypt(key, associated_data=authenticator.associated_data)
    authenticator.save()
    return authenticator


def confirm_second_factor(user: User, *, code: str) -> list[str]:
    """Put the authenticator that was begun into use, in place of any other. Returns ten new recovery codes.

    Raises `SetupExpired` half an hour after the beginning, and `WrongCode` and `OTPThrottled` as
    `verify_second_factor`.
    """
    with transaction.atomic():
        begun = _lock(user).authenticators.filter(confirmed=False).first()
        if begun is None or not begun.is_fresh:
            raise SetupExpired
        if is_right := _verify(begun, code, recovery=False):
            user.authenticators.filter(confirmed=True).delete()
            begun.confirmed = True
            begun.save(update_fields=["confirmed"])
            codes = _create_recovery_codes(begun)
            note(user, "Second factor set up.", by=user)
    if not is_right:
        raise WrongCode
    return codes


def verify_second_factor(user: User, *, code: str) -> Authenticator:
    """Spend a code of the app, or a recovery code. Returns the authenticator in use.

    Raises `WrongCode`, `NoSecondFactor`, and `OTPThrottled` after too many wrong codes in a row. A wrong code counts.
    Recovery codes are accepted all the same, so that strangers who know the password cannot lock the member out.
    """
    with transaction.atomic():
        authenticator = _lock(user).authenticator
        if authenticator is None:
            raise NoSecondFactor
        is_right = _verify(authenticator, code)
    if not is_right:  # after the commit, so that it counts
        LOGIN_REFUSALS.count("wrong_code")
        raise WrongCode
    return authenticator


def renew_recovery_codes(user: User, *, code: str) -> list[str]:
    """Replace the recovery codes. Raises as `verify_second_factor`."""
    authenticator = verify_second_factor(user, code=code)
    with transaction.atomic():
        authenticator.recovery_codes.all().delete()
        codes = _create_recovery_codes(authenticator)
        note(user, "Recovery codes renewed.", by=user)
    return codes


def turn_off_second_factor(user: User, *, code: str) -> User:
    """Delete the authenticator. Raises `SecondFactorRequired` by policy, and as `verify_second_factor`."""
    if settings.STAFF_SECOND_FACTOR == "required":
        raise SecondFactorRequired
    verify_second_factor(user, code=code)
    return _delete(user, "Second factor turned off.", by=user)


@transaction.atomic
def reset_second_factor(user: User, *, by: User | None) -> User:
    """Delete the authenticator of a member of staff who lost app and recovery codes, and withdraw the password.

    All sessions end: one that knows the password may wait for this moment, or may have caused it by wrong codes. `by`
    is None for an operator with a shell. Raises `NotYoursToChange` unless `by` may manage the member, and for oneself:
    turning off takes a code.
    """
    if by and (not may_manage(by, user) or user.pk == by.pk):
        raise NotYoursToChange
    reset = _delete(user, "Second factor reset.", by=by)
    withdraw_password(reset)
    return reset


def group_by_four(text: str, separator: str = " ") -> str:
    return separator.join(text[start : start + 4] for start in range(0, len(text), 4))


def _lock(user: User) -> User:
    """Lock the row that serialises all changes of a second factor."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


@transaction.atomic
def _delete(user: User, message: str, *, by: User | None) -> User:
    locked = _lock(user)
    if locked.authenticator is None:
        raise NoSecondFactor
    locked.authenticators.all().delete()
    note(locked, message, by=by)
    return locked


def _verify(authenticator: Authenticator, code: str, *, recovery: bool = True) -> bool:
    """Spend the code. The limits hold for codes of the app: a recovery code cannot be guessed (NIST SP 800-63B-4)."""
    plain = re.sub(r"[\s-]", "", plain_digits(code)).upper()
    if recovery and _spend_recovery_code(authenticator, plain):
        return True
    allowed, reason = authenticator.verify_is_allowed()
    if authenticator.is_closed or not allowed:
        LIMIT_REFUSALS.count("second-factor")
    if authenticator.is_closed:
        raise OTPThrottled(retry_after=None)
    if not allowed:
        raise OTPThrottled(retry_after=round((reason["locked_until"] - timezone.now()).total_seconds()) + 1)
    if is_right := authenticator.verify_token(find_digits(code, 6) or plain):
        authenticator.throttle_reset(commit=False)
    else:
        authenticator.throttle_increment(commit=False)
    authenticator.save(update_fields=["last_step", "throttling_failure_count", "throttling_failure_timestamp"])
    return is_right


def _spend_recovery_code(authenticator: Authenticator, code: str) -> bool:
    unused = authenticator.recovery_codes.filter(used_at=None)
    if not unused.filter(digest=_digest(code)).update(used_at=timezone.now()):
        return False
    note(authenticator.user, f"Recovery code used; {unused.count()} are left.", by=authenticator.user)
    return True


def _create_recovery_codes(authenticator: Authenticator) -> list[str]:
    codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(authenticator=authenticator, digest=_digest(code)) for code in codes)
    return [group_by_four(code, "-") for code in codes]


def _digest(code: str) -> bytes:
    """80 random bits need neither salt nor a slow hash."""
    return hashlib.sha256(code.encode()).digest()
