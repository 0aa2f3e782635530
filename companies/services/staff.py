from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypedDict, Unpack

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from companies.exceptions import NotYoursToChange, NotYoursToGrant
from companies.login_throttle import unlock
from companies.models import Company, User
from config.exceptions import InvalidField
from config.validators import validate_single_line

# permissions to manage members of staff
MANAGING = Q(content_type__app_label="companies", codename__in=["add_user", "change_user", "delete_user"])
RELATED = ("groups", "user_permissions", "companies")
FOR_SUPERUSERS = ("is_superuser", "user_permissions")
MAX_NAME_LENGTH = 150


check_name = partial(validate_single_line, max_length=MAX_NAME_LENGTH, field=("name",))
MEMBER_CHECKS: dict[str, Callable[[Any], Any]] = {"name": check_name}


class MemberChanges(TypedDict, total=False):
    """Fields of a member of staff. The last three replace the present set."""

    email: str
    name: str
    is_active: bool
    is_staff: bool
    is_superuser: bool
    is_limited: bool
    groups: Iterable[Group]
    user_permissions: Iterable[Permission]
    companies: Iterable[Company]


def may_manage(by: User, user: User) -> bool:
    """True if `by` may change this member of staff, set their password and reset their second factor.

    Superusers may. Others with the permission to change staff may manage members who have no permission beyond their
    own: no superuser, no member who manages staff, and not themselves.
    """
    if by.is_superuser:
        return True
    if user.is_superuser or user.pk == by.pk or by.company_limit is not None or not by.is_active:
        return False
    return by.has_perm("companies.change_user") and not user.granted.exclude(pk__in=_grantable(by)).exists()


def grantable_groups(by: User) -> QuerySet[Group]:
    """Groups that `by` may add members to or remove them from: those without a permission that `by` lacks."""
    if by.is_superuser:
        return Group.objects.all()
    beyond = Permission.objects.exclude(pk__in=_grantable(by))
    return Group.objects.exclude(pk__in=Group.objects.filter(permissions__in=beyond).values("pk"))


@transaction.atomic
def create_member(*, by: User, email: str, password: str, name: str = "") -> User:
    """Create a member of staff who may log in but has no permissions yet.

    Raises `NotYoursToChange` without the permission to add staff, and `InvalidField` for a bad name or a taken email.
    """
    if not by.has_perm("companies.add_user") or by.company_limit is not None:
        raise NotYoursToChange
    with _email_taken():
        return User.objects.create_user(email, password, name=check_name(name))


@transaction.atomic
def update_member(user: User, *, by: User, **changes: Unpack[MemberChanges]) -> User:
    """Change the given fields; `is_superuser` and `user_permissions` only for superusers.

    Sessions of a member who may no longer log in end for good: they are not open again when the member may. Raises
    `NotYoursToChange` unless `by` may manage the member, `NotYoursToGrant` for permissions that `by` may not grant, and
    `InvalidField` as `create_member`.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not may_manage(by, locked):
        raise NotYoursToChange
    _check_grants(changes, by=by)
    if "name" in changes:
        changes["name"] = check_name(changes["name"])
    for name, value in changes.items():
        if name in RELATED:
            getattr(locked, name).set(value)
        else:
            setattr(locked, name, value)
    with _email_taken():
        locked.save(update_fields=[name for name in changes if name not in RELATED])
    if not (locked.is_active and locked.is_staff):
        end_sessions(locked)
    return locked


def end_sessions(user: User) -> None:
    """Delete the sessions of the member. Those of staff are few, and their user is in their data only."""
    ended = [session.pk for session in Session.objects.all() if session.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=ended).delete()


@transaction.atomic
def unlock_member(user: User, *, by: User) -> User:
    """Reset the login's failure counters. Raises `NotYoursToChange` as `update_member`."""
    if not may_manage(by, user):
        raise NotYoursToChange
    unlock(user.email)
    note(user, "Login unlocked.", by=by)
    return user


def note(user: User, message: str, *, by: User | None) -> None:
    """Append to the member's admin history. An operator with a shell, None, has no account there."""
    if by is None:
        message = f"By an operator with a shell: {message}"
    LogEntry.objects.log_actions((by or user).pk, [user], CHANGE, change_message=message, single_object=True)


@contextmanager
def _email_taken() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise InvalidField(("email",), "Another member of staff has this email.", code="not_unique") from None


def _check_grants(changes: MemberChanges, *, by: User) -> None:
    if by.is_superuser:
        return
    allowed = set(grantable_groups(by).values_list("pk", flat=True))
    if any(name in changes for name in FOR_SUPERUSERS) or {group.pk for group in changes.get("groups", ())} - allowed:
        raise NotYoursToGrant


def _grantable(by: User) -> QuerySet[Permission]:
    return by.granted.exclude(MANAGING)
