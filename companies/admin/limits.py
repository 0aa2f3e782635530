"""Admin pages of staff who are limited to some companies."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from companies.models import User
from config.admin.base import BaseAdmin


def limit_of(request: HttpRequest) -> Any:
    """Ids of the companies that the user is limited to. None: no limit."""
    return request.user.company_limit if isinstance(request.user, User) else frozenset()


class CompanyLimitedAdmin(BaseAdmin):
    """Limit list, detail, history, autocomplete, choices and actions to the user's companies; other ids give 404.

    `company_path`: lookup from the row to its company, such as `"company"` or `"batch__company"`. An override of
    `get_queryset` must call `super()`.
    """

    company_path: ClassVar[str] = "company"

    def get_queryset(self, request: HttpRequest) -> Any:
        limit = limit_of(request)
        rows = super().get_queryset(request)
        return rows if limit is None else rows.filter(**{f"{self.company_path}__in": limit})


class UnlimitedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Admin that is closed to limited members, because its rows affect more than one company."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return limit_of(request) is None and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return limit_of(request) is None and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return limit_of(request) is None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return limit_of(request) is None and super().has_change_permission(request, obj)
