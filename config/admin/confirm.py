"""Actions on one row that are confirmed on a page of their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from config.admin.base import BaseAdmin
from config.exceptions import DomainError, InvalidField
from config.http.kept_entries import show_kept_entries

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class NoForm(forms.Form):
    pass


@dataclass(frozen=True)
class ConfirmedAction:
    """`name` stands in the URL. `run` takes the row, `by` (the user) and the cleaned data of `form`.

    `question` is the title of the page, with `%(title)s` for that of the row. Without one, it is made of the label.
    `outcome` is the message after it, and the entry in the row's history. It may be a function of what `run` returned.
    """

    name: str
    label: "StrOrPromise"
    consequence: "StrOrPromise"
    outcome: "StrOrPromise | Callable[[Any], StrOrPromise]"
    permission: str
    run: Callable[..., object]
    is_offered: Callable[[Any], bool]
    form: type[forms.Form] = NoForm
    question: "StrOrPromise" = ""
    is_dangerous: bool = True


class ConfirmingAdmin(BaseAdmin):
    """Model admin with `confirmed_actions`: confirmed on GET, run on POST, and written to the history."""

    confirmed_actions: ClassVar[tuple[ConfirmedAction, ...]] = ()

    def get_urls(self) -> list[Any]:
        return [*(self._url_of(action) for action in self.confirmed_actions), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if original := context.get("original"):
            context["confirmed_actions"] = list(self._links(request, original))
        return super().render_change_form(request, context, *args, **kwargs)

    def confirm_view(self, request: HttpRequest, object_id: str, *, action: ConfirmedAction) -> HttpResponse:
        if not (request.user.has_perm(action.permission) and self.has_view_permission(request)):
            raise PermissionDenied
        row = self.get_row_or_404(request, object_id)
        form = show_kept_entries(action.form, request)(data=request.POST if request.method == "POST" else None)
        if not action.is_offered(row):
            return self.response_confirmed(request, row, action, None)
        if form.is_valid():
            try:
                return self.response_confirmed(request, row, action, self._run(request, row, action, form))
            except DomainError as error:
                form.add_error(str(error.field[0]) if isinstance(error, InvalidField) else None, error.detail)
        return self._ask(request, row, action, form)

    def response_confirmed(self, request: HttpRequest, row: Any, action: ConfirmedAction, result: Any) -> HttpResponse:
        """Return the page after the action. `result` is what it returned, None if it is not offered any more."""
        return redirect(f"admin:{self._url_name('change')}", row.pk)

    @sensitive_variables("result")
    def _run(self, request: HttpRequest, row: Model, action: ConfirmedAction, form: forms.Form) -> object:
        with transaction.atomic():
            result = action.run(row, by=request.user, **form.cleaned_data)
            outcome = str(action.outcome(result) if callable(action.outcome) else action.outcome)
            self.log_change(request, row, outcome)
        self.message_user(request, outcome, messages.SUCCESS)
        return result

    def _ask(self, request: HttpRequest, row: Model, action: ConfirmedAction, form: forms.Form) -> HttpResponse:
        named = {"action": action.label, "name": self.opts.verbose_name, "title": self.title_of(row)}
        return self.render_page(
            request,
            "admin/confirm.html",
            title=(action.question or _("%(action)s %(title)s?")) % named,
            consequence=action.consequence,
            original=row,
            label=action.label,
            form=form,
            button=action.label if action.question else _("%(action)s %(name)s") % named,
            tone="danger" if action.is_dangerous else "default",
        )

    def _links(self, request: HttpRequest, row: Model) -> Iterator[tuple[ConfirmedAction, str]]:
        for action in self.confirmed_actions:
            if action.is_offered(row) and request.user.has_perm(action.permission):
                yield action, reverse(f"admin:{self._url_name(action.name)}", args=[row.pk])

    def _url_of(self, action: ConfirmedAction) -> Any:
        view = self.admin_site.admin_view(partial(self.confirm_view, action=action))
        return path(f"<path:object_id>/{action.name}/", view, name=self._url_name(action.name))

    def _url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"
