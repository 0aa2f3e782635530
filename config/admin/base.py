from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.db import transaction
from django.db.models import CharField, EmailField, Model, QuerySet, URLField
from django.forms.widgets import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from config.admin.changelist import AutocompleteFilter, BoundedChangeList, BoundedPaginator
from config.admin.facts import FilledFieldsets
from config.admin.times import short_date
from config.exceptions import DomainError, InvalidField
from config.form_fields import TypedCharField, TypedEmailField, TypedURLField
from config.http.kept_entries import show_kept_entries

COMBOBOXES = Media(js=["js/comboboxes.js"])


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Model form whose row a service writes. `is_valid()` writes nothing; `perform()` writes.

    `checks`: the service's validators by field, so that the form shows all errors at once.
    `service_fields`: form field by the service's field name, where the names differ.
    """

    checks: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    service_fields: ClassVar[dict[str, str]] = {}
    create: ClassVar[Callable[..., Model]]
    update: ClassVar[Callable[..., Model]]
    refusal: ClassVar[DomainError | None] = None

    @property
    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}

    def perform(self, *, by: Any) -> Model:
        """Call the service with the cleaned data; return the row. Raises `DomainError`."""
        if self.instance._state.adding:
            return type(self).create(**self.cleaned_data)
        changes = self.changes
        return type(self).update(self.instance, **changes) if changes else self.instance

    def submit(self, *, by: Any) -> bool:
        """Validate, then write. If the service refuses, return False with its error on the form."""
        if not self.is_valid():
            return False
        try:
            with transaction.atomic():
                self.instance = self.perform(by=by)
        except DomainError as error:
            self.add_refusal(error)
            return False
        return True

    def clean(self) -> Any:
        cleaned = super().clean()
        for name, value in (self.cleaned_data if self.instance._state.adding else self.changes).copy().items():
            try:
                self.checks.get(name, bool)(value)
            except InvalidField as error:
                self.add_refusal(error)
        return cleaned

    def full_clean(self) -> None:
        super().full_clean()
        if self.refusal and self.is_bound:
            self.add_refusal(self.refusal)

    def add_refusal(self, error: DomainError) -> None:
        self.add_error(self.error_field(error), self.error_message(error))

    def error_field(self, error: DomainError) -> str | None:
        """Return the form field that the error belongs to; None: the whole form."""
        if not isinstance(error, InvalidField):
            return None
        name = str(error.field[0])
        name = self.service_fields.get(name, name)
        return name if name in self.fields else None

    def error_message(self, error: DomainError) -> str:
        return error.detail


class BaseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Model admin that lists the newest first, never counts a whole table, and deletes nothing."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0
    save_on_top = False
    # True if the page of a row ends with the log of its events, which replaces the history
    has_event_log: ClassVar[bool] = False
    formfield_overrides = {
        CharField: {"form_class": TypedCharField},
        EmailField: {"form_class": TypedEmailField},
        URLField: {"form_class": TypedURLField},
    }

    @property
    def media(self) -> Media:
        """Add the media of autocomplete filters."""
        filters: Any = self.list_filter
        fields = [self.opts.get_field(item[0]) for item in filters if _is_autocomplete(item)]
        return sum(
            (AutocompleteSelect(field, self.admin_site).media for field in fields), start=super().media + COMBOBOXES
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return BoundedChangeList

    @admin.display(description=SafeString('<input type="checkbox" id="action-toggle">'))
    def action_checkbox(self, obj: Any) -> SafeString:
        """Name the row by its title; Django takes `str()`."""
        label = gettext("Select %(name)s") % {"name": self.title_of(obj)}
        attributes = {"class": "action-select", "aria-label": label}
        return forms.CheckboxInput(attributes, lambda value: False).render(ACTION_CHECKBOX_NAME, str(obj.pk))

    @admin.display(description="created")
    def created(self, obj: Any) -> str:
        return short_date(obj.created_at)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if issubclass(form, ServiceForm):
            form.refusal = getattr(request, "refusal", None)
        return show_kept_entries(form, request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Remove the pop-up links to related rows."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            for link in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{link}_related", False)
        return field

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        """Offer the related rows that the user sees in their own list."""
        other = db_field.remote_field.model
        if not self.admin_site.is_registered(other):
            return super().get_field_queryset(db, db_field, request)
        return self.admin_site.get_model_admin(other).get_queryset(request)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form again, with the input kept, if the service refuses. The refused write is rolled back."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            request.refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance if isinstance(form, ServiceForm) else super().save_form(request, form, change)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Write changed columns only, so that an old page does not undo what changed meanwhile."""
        if isinstance(form, ServiceForm):
            # the service returns another object; Django logs and shows this one
            vars(obj).update(vars(form.perform(by=request.user)))
            return
        columns = {field.name for field in self.opts.concrete_fields}
        obj.save(update_fields=[name for name in form.changed_data if name in columns] if change else None)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if not isinstance(form, ServiceForm):
            super().save_related(request, form, formsets, change)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add the object's name as title, and links to the lists filtered by it. Leave out empty facts."""
        if original := context.get("original"):
            fields = context["adminform"]
            context |= {
                "title": self.title_of(original),
                "subtitle": capfirst(self.opts.verbose_name),
                "related_lists": list(self.related_lists(request, original)),
                "adminform": FilledFieldsets(fields.form, fields.fieldsets, {}, fields.readonly_fields, self),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def title_of(self, obj: Any) -> str:
        """Return a name that tells the row from others, for titles and breadcrumbs.

        `str()` goes into logs, so it contains no personal data; a title may.
        """
        return str(obj)

    def get_row_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row of a URL. Raises `Http404`, also for a row outside of the user's limit."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return row

    @sensitive_variables("context")  # the value of a new key
    def render_page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """Response with a page of this admin that is not Django's own."""
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, template, context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        if not isinstance(response, TemplateResponse) or response.context_data is None:
            return response
        obj = response.context_data["object"]
        if self.has_event_log:
            page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
            return redirect(f"{page}#events")
        response.context_data["title"] = gettext("History of %(name)s") % {"name": self.title_of(obj)}
        return response

    def related_lists(self, request: HttpRequest, obj: Model) -> Iterator[tuple[str, str]]:
        """Yield label and URL of each list that the user may see and that filters by this object."""
        relation: Any
        other: Any
        for relation in self.opts.get_fields(include_hidden=True):
            if not (relation.one_to_many and self.admin_site.is_registered(relation.related_model)):
                continue
            other = self.admin_site.get_model_admin(relation.related_model)
            name = relation.field.name
            is_filtered = any(_is_autocomplete(item) and item[0] == name for item in other.list_filter)
            if is_filtered and other.has_view_permission(request):
                address = reverse(f"admin:{other.opts.app_label}_{other.opts.model_name}_changelist")
                yield capfirst(str(other.opts.verbose_name_plural)), f"{address}?{name}={obj.pk}"


def _is_autocomplete(item: Any) -> bool:
    return isinstance(item, tuple) and issubclass(item[1], AutocompleteFilter)
