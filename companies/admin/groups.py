from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest

from config.admin.base import BaseAdmin

admin.site.unregister(Group)
apps.get_app_config("auth").verbose_name = "Permissions"


class PermissionsField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Permissions of registered models, in plain words. Without deletion, which no page offers."""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        types = ContentType.objects.get_for_models(*admin.site._registry).values()
        asked_for = Permission.objects.filter(content_type__in=types).exclude(codename__startswith="delete_")
        super().__init__(asked_for.select_related("content_type"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        act, _, _ = obj.codename.partition("_")
        return f"{act.capitalize()} {obj.content_type.model_class()._meta.verbose_name_plural}"


@admin.register(Group)
class StaffGroupAdmin(BaseAdmin, GroupAdmin):
    """Only for superusers: to change a group is to grant any permission, also to oneself."""

    ordering = ("name",)
    filter_horizontal = ()  # the widget does not work with screen readers

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **kwargs, form_class=PermissionsField)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)
