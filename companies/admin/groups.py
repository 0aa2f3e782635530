"""Groups of staff: what their members may do."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from config.admin.base import BoundedAdmin

admin.site.unregister(Group)
apps.get_app_config("auth").verbose_name = "What staff may do"


@admin.register(Group)
class StaffGroupAdmin(BoundedAdmin, GroupAdmin):
    """Whoever may change a group can give its members, and so themselves, anything: superusers only."""

    ordering = ("name",)
    filter_horizontal = ()  # its two lists do not work for screen readers

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)
