import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.admin.limits import UnlimitedAdmin, limit_of
from companies.admin.webhooks.actions import DELIVERY_ACTIONS
from companies.admin.webhooks.endpoints import short_name
from companies.models import WebhookDelivery, WebhookStatus
from companies.services.webhooks.messages import represent_event
from config.admin.changelist import AutocompleteFilter, CreatedFilter, status_word
from config.admin.confirm import ConfirmingAdmin
from config.admin.times import format_datetime, relative_time
from config.db.index_hints import newest_first_for
from config.db.uuid7 import parse_uuid

TONES = {WebhookStatus.PENDING: "waiting", WebhookStatus.DELIVERED: "good", WebhookStatus.FAILED: "bad"}
MAX_ATTEMPTS = 100


class DeliveryStatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in WebhookStatus]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() in WebhookStatus.values else queryset


class EndpointFilter(AutocompleteFilter):
    """Reads the deliveries of an endpoint by their own index. See `get_ordering` of the admin."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        endpoint_id = _endpoint_in(request)
        return newest_first_for(queryset, "endpoint", endpoint_id) if endpoint_id else queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(UnlimitedAdmin, ConfirmingAdmin):
    """Events on their way to endpoints. Who may view endpoints may view these."""

    confirmed_actions = DELIVERY_ACTIONS
    list_display = ("event_type", "endpoint_name", "state", "attempts", "next_attempt", "created")
    list_select_related = ("event", "endpoint__partner")
    list_filter = (DeliveryStatusFilter, ("endpoint", EndpointFilter), CreatedFilter)
    search_fields = ("id",)
    search_help_text = _("The id of an event (webhook-id) or of a delivery.")
    change_form_template = "admin/companies/webhookdelivery/change_form.html"
    fields = ("state", "event_type", "event_at", "event_id", "endpoint_link", "attempts", "next_attempt", "finished")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return limit_of(request) is None and request.user.has_perm("companies.view_webhookendpoint")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("endpoint_id", "-pk") if _endpoint_in(request) else self.ordering

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not search_term.strip():
            return queryset, False
        found = parse_uuid(search_term)
        return queryset.filter(Q(event=found) | Q(pk=found)) if found else queryset.none(), False

    def title_of(self, obj: WebhookDelivery) -> str:
        return f"{obj.event.get_type_display()}, {short_name(obj.endpoint)}"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        delivery = context["original"]
        attempts = list(delivery.log.order_by("-pk")[: MAX_ATTEMPTS + 1])
        context |= {
            "message": json.dumps(represent_event(delivery.event), indent=2, ensure_ascii=False),
            "sends_links": delivery.endpoint.include_links,
            "attempts": attempts[:MAX_ATTEMPTS],
            "has_earlier": len(attempts) > MAX_ATTEMPTS,
            "most_attempts": MAX_ATTEMPTS,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("event"))
    def event_type(self, delivery: WebhookDelivery) -> str:
        return f"{delivery.event.get_type_display()} ({delivery.event.type})"

    @admin.display(description=_("event at"))
    def event_at(self, delivery: WebhookDelivery) -> str:
        return format_datetime(delivery.event.created_at)

    @admin.display(description=_("event id"))
    def event_id(self, delivery: WebhookDelivery) -> str:
        return str(delivery.event_id)

    @admin.display(description=_("endpoint"))
    def endpoint_name(self, delivery: WebhookDelivery) -> str:
        return short_name(delivery.endpoint)

    @admin.display(description=_("endpoint"))
    def endpoint_link(self, delivery: WebhookDelivery) -> SafeString:
        url = reverse("admin:companies_webhookendpoint_change", args=[delivery.endpoint_id])
        return format_html('<a href="{}">{}</a>', url, short_name(delivery.endpoint))

    @admin.display(description=_("status"))
    def state(self, delivery: WebhookDelivery) -> SafeString:
        return delivery_status(delivery.status)

    @admin.display(description=_("next attempt"))
    def next_attempt(self, delivery: WebhookDelivery) -> str | SafeString:
        if delivery.due_at and not delivery.endpoint.is_active:
            return gettext("When the endpoint is resumed")
        return relative_time(delivery.due_at)

    @admin.display(description=_("finished"))
    def finished(self, delivery: WebhookDelivery) -> str:
        return format_datetime(delivery.finished_at, default="")


def delivery_status(status: str) -> SafeString:
    return status_word(str(WebhookStatus(status).label), TONES[WebhookStatus(status)])


def _endpoint_in(request: HttpRequest) -> Any:
    return parse_uuid(request.GET.get("endpoint", ""))
