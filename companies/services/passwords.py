"""Passwords that were withdrawn with a second factor, and links to choose new ones."""

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from companies.exceptions import NotYoursToChange, PasswordLinkUsed
from companies.models import User
from companies.services.staff import may_manage, note
from config.exceptions import InvalidField


def withdraw_password(user: User) -> None:
    """End all sessions of the member, and refuse the password from now on. Its hash stays, so that it cannot return."""
    if user.has_usable_password():
        user.password = UNUSABLE_PASSWORD_PREFIX + user.password
        user.save(update_fields=["password"])


def create_password_link(user: User, *, by: User | None) -> dict[str, str]:
    """Return the URL arguments of the page where the member chooses a password, once within `PASSWORD_RESET_TIMEOUT`.

    `by` is None for an operator with a shell. Raises `NotYoursToChange` unless `by` may manage the member and the
    password was withdrawn.
    """
    if user.has_usable_password() or (by and (not may_manage(by, user) or user.pk == by.pk)):
        raise NotYoursToChange
    note(user, "Link for a new password created.", by=by)
    return {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}


@sensitive_variables()
def check_new_password(user: User, password: str) -> None:
    """Raise `InvalidField` for the password that was withdrawn: someone else may know it."""
    if check_password(password, user.password.removeprefix(UNUSABLE_PASSWORD_PREFIX)):
        raise InvalidField(
            ("password",), _("This is your earlier password. Choose another one."), code="password_known"
        )


@sensitive_variables("password")
@transaction.atomic
def choose_password(user: User, *, password: str) -> User:
    """Set the password in place of a withdrawn one. Raises `PasswordLinkUsed` if that was done already."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.has_usable_password():
        raise PasswordLinkUsed
    check_new_password(locked, password)
    locked.set_password(password)
    locked.save(update_fields=["password"])
    note(locked, "New password chosen.", by=locked)
    return locked
