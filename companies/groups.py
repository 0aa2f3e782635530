"""What each group of staff may do. The names of permissions are text: nothing here needs the other apps."""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

VIEWED = (
    "companies.company",
    "companies.site",
    "connections.datasource",
    "connections.connection",
    "invitations.invitation",
)
MADE_BY_INVITERS = ("companies.site", "invitations.invitation")
FOR_ADMINISTRATORS = (
    "companies.company",
    "connections.datasource",
    "companies.partner",
    "companies.apikey",
    "companies.user",
)


def _may(acts: Iterable[str], models: Iterable[str]) -> set[tuple[str, str]]:
    """Every act on every model, as app label and codename."""
    names = [model.split(".") for model in models]
    return {(app_label, f"{act}_{name}") for act in acts for app_label, name in names}


VIEWER = _may(["view"], VIEWED)
INVITER = VIEWER | _may(["add", "change"], MADE_BY_INVITERS)
ADMINISTRATOR = INVITER | _may(["view", "add", "change"], FOR_ADMINISTRATORS)
GROUPS = {"Viewer": VIEWER, "Inviter": INVITER, "Administrator": ADMINISTRATOR}


def fill_groups() -> None:
    """Make the groups that are missing and give each the permissions it lacks; take none away.

    For migrations: one that brings a new model calls this again, with the model named above. Permissions are otherwise
    made only when all migrations are done, so this makes them first; of a model that does not exist there is none.
    """
    for app_label in {name for permissions in GROUPS.values() for name, _ in permissions}:
        create_permissions(apps.get_app_config(app_label), verbosity=0)
    existing = {
        (permission.content_type.app_label, permission.codename): permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name, permissions in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*(existing[each] for each in permissions if each in existing))
