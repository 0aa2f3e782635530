"""What a member of staff who is limited to certain companies sees of the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from companies.models import User
from config.admin.base import BaseAdmin


def limit_of(request: HttpRequest) -> Any:
    """Ids of the companies whoever asks is limited to; None: all are open."""
    return request.user.company_limit if isinstance(request.user, User) else frozenset()


class CompanyLimitedAdmin(BaseAdmin):
    """For rows that belong to a company. What is another company's does not exist: not in lists, pages, histories,
    completions, choices and actions, nor by its id.

    `company_path` leads from the row to its company, such as `"company"` or `"batch__company"`; `"pk"` when the row
    is the company itself. An admin with a `get_queryset` of its own begins it with `super().get_queryset(request)`.
    """

    company_path: ClassVar[str] = "company"

    def get_queryset(self, request: HttpRequest) -> Any:
        limit = limit_of(request)
        rows = super().get_queryset(request)
        return rows if limit is None else rows.filter(**{f"{self.company_path}__in": limit})


class UnlimitedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """For what reaches past single companies, such as the key of a partner: closed to whoever is limited."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return limit_of(request) is None and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return limit_of(request) is None and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return limit_of(request) is None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return limit_of(request) is None and super().has_change_permission(request, obj)
