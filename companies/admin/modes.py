"""Live and test rows in forms and lists of the admin."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from config.admin.changelist import status_word
from config.db.index_hints import prefilter_if_rare


class ModeField(forms.TypedChoiceField):
    """Choice of live or test, as the value of `is_live`. Without a choice it is live."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        choices = [("True", _("Live")), ("False", _("Test"))]
        super().__init__(choices=choices, initial="True", required=False, label=_("Mode"), **kwargs)

    def clean(self, value: Any) -> bool:
        return bool(super().clean(value) != "False")


class ModeFilter(admin.SimpleListFilter):
    """Live rows, unless staff choose the test rows or a company. The admin has a `company_path`."""

    title = _("mode")
    parameter_name = "mode"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.company_path: str = model_admin.company_path
        self.names_a_company = bool(request.GET.get(self.company_path))

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("test", gettext("Test"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        live, *rest = super().choices(changelist)
        return iter([{**live, "display": gettext("Live")}, *rest])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        of_tests = Q(**{f"{self.company_path}__in": Company.objects.of_tests().values("pk")})
        if self.value() == "test":
            return queryset.filter(prefilter_if_rare(queryset, of_tests))
        return queryset if self.names_a_company else queryset.filter(~of_tests)


def mode_mark(*, is_live: bool) -> SafeString | str:
    """The word “Test” with a mark. Empty for live rows, which are the rule."""
    # in an element of its own: on a phone, a status by itself stands in the corner of its row
    return "" if is_live else format_html("<span>{}</span>", status_word(gettext("Test"), "waiting"))
