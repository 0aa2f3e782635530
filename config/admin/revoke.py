"""Revocation from a list or from a row's page, confirmed and logged."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from config.admin.base import BaseAdmin
from config.http.kept_entries import show_kept_entries

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_AT_ONCE = 500
MOST_NAMED = 10


class RevokingAdmin(BaseAdmin):
    """Model admin of rows with `revoked_at`. Users who may see and change a row may revoke it."""

    actions = ("revoke_selected",)
    revoke_form: type[forms.Form] = forms.Form
    revoke_consequence: "StrOrPromise" = ""

    def revoke(self, request: HttpRequest, obj: Any, **how: Any) -> None:
        """Call the service. `how`: the cleaned data of `revoke_form`."""
        raise NotImplementedError

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Check the permission itself: some admins allow no change but revocation."""
        may_change = request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")
        return may_change and self.has_view_permission(request)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        original = context.get("original")
        context["may_revoke"] = bool(original and not original.revoked_at and self.has_revoke_permission(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_revoke"
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<path:object_id>/revoke/", view, name=name), *super().get_urls()]

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Confirm on GET, revoke on POST."""
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        obj = self.get_row_or_404(request, object_id)
        form_class = show_kept_entries(self.revoke_form, request)
        form = form_class(data=request.POST if request.method == "POST" else None)
        if not obj.revoked_at and not form.is_valid():
            return self._ask(request, [obj], form, cancel="../change/")
        self._revoke_all(request, [obj], form)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", obj.pk)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Confirm once, then revoke all selected rows or none."""
        chosen = list(queryset[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            self.message_user(request, f"At most {MOST_AT_ONCE} can be revoked at once.", messages.ERROR)
            return None
        form = self.revoke_form(request.POST if "confirmed" in request.POST else None)
        if any(obj.revoked_at is None for obj in chosen) and not form.is_valid():
            return self._ask(request, chosen, form, cancel=request.get_full_path())
        self._revoke_all(request, chosen, form)
        return None

    @transaction.atomic
    def _revoke_all(self, request: HttpRequest, chosen: Sequence[Any], form: forms.Form) -> None:
        open_ones = [obj for obj in chosen if obj.revoked_at is None]
        how = form.cleaned_data if open_ones else {}
        for obj in open_ones:
            self.revoke(request, obj, **how)
            self.log_change(request, obj, "Revoked.")
        self.message_user(request, self._outcome(open_ones, len(chosen)), messages.SUCCESS)

    def _outcome(self, revoked: Sequence[Any], chosen: int) -> str:
        if not revoked:
            return "Nothing was changed: already revoked."
        number, before = len(revoked), chosen - len(revoked)
        name = self.title_of(revoked[0]) if number == 1 else f"{number} {self.opts.verbose_name_plural}"
        rest = f" {before} had already been revoked." if before else ""
        return f"{name}: revoked.{rest}"

    def _ask(self, request: HttpRequest, chosen: Sequence[Model], form: forms.Form, *, cancel: str) -> HttpResponse:
        is_one = len(chosen) == 1
        name = self.opts.verbose_name if is_one else f"{len(chosen)} {self.opts.verbose_name_plural}"
        return self.render_page(
            request,
            "admin/revoke_confirmation.html",
            title=f"Revoke {self.title_of(chosen[0])}?" if is_one else f"Revoke {name}?",
            consequence=self.revoke_consequence,
            original=chosen[0] if is_one else None,
            label="Revoke",
            chosen=chosen,
            named=chosen[:MOST_NAMED],
            more=max(len(chosen) - MOST_NAMED, 0),
            form=form,
            button=f"Revoke {name}",
            cancel=cancel,
            action=request.POST.get("action", ""),
            checkbox_name=ACTION_CHECKBOX_NAME,
        )
