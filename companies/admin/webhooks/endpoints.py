from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from companies.admin.limits import UnlimitedAdmin
from companies.admin.timeline import FIELD_LABELS, timeline_of
from companies.admin.webhooks.actions import ENDPOINT_ACTIONS
from companies.admin.webhooks.forms import EndpointForm, NewEndpointForm
from companies.models import Disabled, EndpointStatus, WebhookEndpoint, WebhookEvent
from config.admin.changelist import AutocompleteFilter, status_word
from config.admin.confirm import ConfirmedAction, ConfirmingAdmin
from config.admin.times import format_datetime, relative_time

TONES = {EndpointStatus.ACTIVE: "good", EndpointStatus.PAUSED: "waiting", EndpointStatus.DISABLED: "bad"}
TROUBLE = "trouble"
MAX_NAME_LENGTH = 60
LABELS = FIELD_LABELS | {
    "url": _("URL"),
    "description": _("description"),
    "eventTypes": _("events"),
    "companyIds": _("companies"),
    "includeLinks": _("links"),
    "contactEmail": _("contact"),
}


class EndpointStatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (TROUBLE, _("Failing or disabled")),
            ("active", _("Active")),
            ("paused", _("Paused")),
            ("disabled", _("Disabled")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
        match self.value():
            case "trouble":
                return queryset & WebhookEndpoint.objects.in_trouble()
            case "active":
                return queryset & WebhookEndpoint.objects.active()
            case "paused":
                return queryset.filter(paused_at__isnull=False, disabled_at=None)
            case "disabled":
                return queryset.filter(disabled_at__isnull=False)
        return queryset


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(UnlimitedAdmin, ConfirmingAdmin):
    """Its secret is shown once, in the response to the creation or to the replacement."""

    confirmed_actions = ENDPOINT_ACTIONS
    autocomplete_fields = ("partner",)
    list_display = ("url", "description", "partner", "mode", "state", "failing", "created")
    list_select_related = ("partner",)
    list_filter = (EndpointStatusFilter, ("partner", AutocompleteFilter))
    search_fields = ("url", "description", "partner__name")
    search_help_text = _("Search by URL, description or partner.")
    add_form_template = "admin/companies/webhookendpoint/add_form.html"
    change_form_template = "admin/logged_change_form.html"
    has_event_log = True
    inputs = ("url", "description", "event_types", "companies", "include_links", "contact_email")
    facts = ("state", "reason", "failing", "partner", "mode", "previous_secret", "id", "created_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(deleted_at=None)

    def get_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> Any:
        return (*self.inputs, *self.facts) if obj else ("partner", "mode", *self.inputs)

    def get_readonly_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        return self.facts if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs, form=EndpointForm if obj else NewEndpointForm)

    def title_of(self, obj: WebhookEndpoint) -> str:
        return f"{short_name(obj)}, {obj.partner}"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if original := context.get("original"):
            context["timeline"] = timeline_of(original.events, _notes)
        return super().render_change_form(request, context, *args, **kwargs)

    @sensitive_variables()
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            obj.secret = form.secret

    @sensitive_variables()
    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the secret in the response itself, so that no session, cookie or URL has it."""
        return self._show_secret(request, obj, obj.secret)

    @sensitive_variables("result")
    def response_confirmed(self, request: HttpRequest, row: Any, action: ConfirmedAction, result: Any) -> HttpResponse:
        match action.name:
            case "rotate":
                return self._show_secret(request, *result)
            case "delete":
                return redirect("admin:companies_webhookendpoint_changelist")
            case "test" if result:
                return redirect("admin:companies_webhookdelivery_change", result.pk)
        return super().response_confirmed(request, row, action, result)

    @sensitive_variables()
    def _show_secret(self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
        template = "admin/companies/webhookendpoint/issued.html"
        return self.render_page(request, template, title=_("Copy the secret now"), key=endpoint, value=secret)

    @admin.display(description=_("status"))
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        return status_word(str(endpoint.status.label), TONES[endpoint.status])

    @admin.display(description=_("failing since"))
    def failing(self, endpoint: WebhookEndpoint) -> str | SafeString:
        return relative_time(endpoint.failing_since)

    @admin.display(description=_("reason"))
    def reason(self, endpoint: WebhookEndpoint) -> str:
        return str(Disabled(endpoint.disabled_because).label) if endpoint.disabled_because else ""

    @admin.display(description=_("mode"))
    def mode(self, endpoint: WebhookEndpoint) -> str:
        return gettext("Live") if endpoint.is_live else gettext("Test")

    @admin.display(description=_("previous secret signs until"))
    def previous_secret(self, endpoint: WebhookEndpoint) -> str:
        return format_datetime(endpoint.previous_secret_ends_at, default="")


def short_name(endpoint: WebhookEndpoint) -> str:
    """Return the description, or the beginning of the URL."""
    return endpoint.description or Truncator(endpoint.url.removeprefix("https://")).chars(MAX_NAME_LENGTH)


def _notes(event: WebhookEvent) -> Iterator[str]:
    fields = [str(LABELS.get(name, name)) for name in event.detail.get("fields", [])]
    if fields:
        yield ", ".join(fields)
    if because := event.detail.get("because"):
        yield str(Disabled(because).label)
    if number := event.detail.get("deliveries"):
        yield ngettext("%(number)s event", "%(number)s events", number) % {"number": f"{number:,}"}
