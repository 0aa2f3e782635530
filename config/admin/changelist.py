"""Change lists whose cost does not grow with the table."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.db.uuid7 import first_uuid7_at

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Count at most `MOST_COUNTED` rows; `has_more`: whether there are more."""

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: MOST_COUNTED + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @property
    def has_more(self) -> bool:
        return self._counted > MOST_COUNTED


class BoundedChangeList(ChangeList):
    """Change list with a link that clears the search but keeps the filters."""

    @property
    def without_search(self) -> str:
        return self.get_query_string({SEARCH_VAR: None, PAGE_VAR: None})


class AutocompleteFilter(FieldListFilter):
    """Filter by a related row, found by typing. For tables that are too large for a list of links.

    Use as `list_filter = [("company", AutocompleteFilter)]`. The related admin needs `search_fields`.
    """

    template = "admin/autocomplete_filter.html"

    def __init__(self, field: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, *args, **kwargs)
        self.request = request
        self.title = field.verbose_name
        self.other: Any = field.remote_field.model

    def expected_parameters(self) -> list[str | None]:
        return [self.field_path]

    def has_output(self) -> bool:
        """Hide the filter from users who may not see the related rows."""
        other = admin.site.get_model_admin(self.other)
        return bool(other.has_view_permission(self.request))

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        chosen = self.used_parameters.get(self.field_path, [])
        field = forms.ModelChoiceField(
            admin.site.get_model_admin(self.other).get_queryset(self.request),
            required=False,
            widget=AutocompleteSelect(self.field, admin.site),
        )
        attributes = {"id": f"filter-{self.field_path}", "data-width": "100%", "aria-label": str(self.title)}
        others = changelist.get_filters_params() | ({"q": [changelist.query]} if changelist.query else {})
        yield {
            "select": field.widget.render(self.field_path, chosen, attributes),
            "others": [(name, value) for name, values in others.items() if name != self.field_path for value in values],
            "everything": changelist.get_query_string({self.field_path: None, PAGE_VAR: None}) if chosen else "",
        }


class CreatedFilter(admin.SimpleListFilter):
    """Filter by age, for tables with UUIDv7 ids: uses the primary key's index."""

    title = "created"
    parameter_name = "created"
    spans = {
        "day": ("Past 24 hours", timedelta(days=1)),
        "week": ("Past 7 days", timedelta(days=7)),
        "month": ("Past 30 days", timedelta(days=30)),
        "quarter": ("Past 90 days", timedelta(days=90)),
        "year": ("Past 12 months", timedelta(days=365)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in self.spans.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in self.spans:
            return queryset
        since = timezone.now() - self.spans[str(self.value())][1]
        return queryset.filter(created_at__gte=since, pk__gte=first_uuid7_at(since - timedelta(seconds=1)))


def status_word(word: "StrOrPromise", tone: str) -> SafeString:
    """Status as a word with a coloured mark. `tone`: `good`, `done`, `waiting`, `over` or `bad`."""
    return format_html('<span class="status status--{}">{}</span>', tone, word)
