"""Groups of staff. Each app config lists what its `group_permissions` add to a group."""

from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import transaction

# in order of power: each group may also do what the one before it may
GROUPS = ("Viewer", "Inviter", "Administrator")


def group_permissions() -> dict[str, set[tuple[str, str]]]:
    """App label and codename of every permission of each group."""
    found: dict[str, set[tuple[str, str]]] = {}
    granted: set[tuple[str, str]] = set()
    for group in GROUPS:
        for config in installed.get_app_configs():
            codenames = getattr(config, "group_permissions", {}).get(group, ())
            granted = granted | {(config.label, codename) for codename in codenames}
        found[group] = granted
    return found


@transaction.atomic  # a permission that is created without being granted would count as taken away
def fill_groups(*, apps: Apps = installed, **_: Any) -> None:
    """Create missing groups, and grant permissions that are new. Receiver of `post_migrate`.

    A permission that staff took from a group stays away: only a new group, or a new permission, is granted.
    """
    if "auth" not in apps.app_configs:
        return  # migrated back to nothing
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    known = set(Permission.objects.values_list("content_type__app_label", "codename"))
    for config in installed.get_app_configs():
        if hasattr(config, "group_permissions"):
            create_permissions(config, verbosity=0, apps=apps)
    permissions = {
        (permission.content_type.app_label, permission.codename): permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name, wanted in group_permissions().items():
        group, is_new = Group.objects.get_or_create(name=name)
        group.permissions.add(*(permissions[each] for each in (wanted if is_new else wanted - known)))
