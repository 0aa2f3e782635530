"""Forms of webhook endpoints."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from companies.actors import Actor
from companies.admin.modes import ModeField
from companies.admin.selects import SeveralSelect
from companies.models import Company, PartnerEventType, User, WebhookEndpoint, World
from companies.services.webhooks.endpoints import ENDPOINT_CHECKS, create_endpoint, update_endpoint
from config.admin.base import ServiceForm
from config.form_fields import TypedURLField

EVENTS = [(value, f"{label} ({value})") for value, label in PartnerEventType.choices]
SUGGESTED_SPAN = timedelta(days=1)


class EndpointForm(ServiceForm):
    # Django's widget would make a link of it
    url = TypedURLField(
        label=_("URL"), max_length=2000, widget=forms.URLInput(attrs={"class": "vLargeTextField", "inputmode": "url"})
    )
    event_types = forms.MultipleChoiceField(
        choices=[each for each in EVENTS if each[0] != PartnerEventType.WEBHOOK_TEST],
        required=False,
        label=_("Events"),
        help_text=_("Choose none for all events, also future ones."),
        widget=forms.CheckboxSelectMultiple,
    )
    companies = forms.ModelMultipleChoiceField(
        Company.objects.all(),
        required=False,
        label=_("Companies"),
        help_text=_("Leave empty for all companies of the partner, also future ones."),
        widget=SeveralSelect(User._meta.get_field("companies"), admin.site),
    )
    checks = ENDPOINT_CHECKS
    service_fields = {"company_ids": "companies"}
    instance: WebhookEndpoint

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "companies" in self.fields:
            self.initial["companies"] = self.instance.company_ids

    @property
    def world(self) -> World | None:
        return self.instance.world

    def clean(self) -> Any:
        """Name the companies that the service would refuse."""
        cleaned = super().clean()
        chosen = self.cleaned_data.get("companies") or ()
        if self.world and (others := [str(each) for each in chosen if each.world != self.world]):
            message = _("Not of this partner and mode: %(names)s.")
            self.add_error("companies", message % {"names": ", ".join(others)})
        return cleaned

    def perform(self, *, by: User) -> WebhookEndpoint:
        return update_endpoint(self.instance, by=Actor.staff(by), **_given(self.changes))


class NewEndpointForm(EndpointForm):
    mode = ModeField(
        help_text=_("A test endpoint gets the events of test companies only. This cannot be changed later."),
    )
    secret: str

    @property
    def world(self) -> World | None:
        partner = self.cleaned_data.get("partner")
        return World(partner.pk, self.cleaned_data.get("mode", True)) if partner else None

    @sensitive_variables()
    def perform(self, *, by: User) -> WebhookEndpoint:
        given = {name: value for name, value in self.cleaned_data.items() if name not in {"partner", "mode"}}
        assert self.world is not None  # noqa: S101 - a partner is required
        endpoint, self.secret = create_endpoint(self.world, by=Actor.staff(by), **_given(given))
        return endpoint


class SinceForm(forms.Form):
    since = forms.SplitDateTimeField(
        label=_("Failed since"),
        help_text=_("Events that happened earlier are not sent again. The time is UTC."),
        widget=AdminSplitDateTime,
        initial=lambda: (timezone.now() - SUGGESTED_SPAN).replace(microsecond=0),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        date, time = self.fields["since"].widget.widgets
        date.attrs["aria-label"], time.attrs["aria-label"] = _("Date"), _("Time")

    def clean_since(self) -> datetime:
        since: datetime = self.cleaned_data["since"]
        if since > timezone.now():
            raise forms.ValidationError(_("This time is in the future. Choose an earlier one."))
        return since


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values under the service's names."""
    renamed = dict(values)
    if "companies" in renamed:
        renamed["company_ids"] = [company.pk for company in renamed.pop("companies")]
    return renamed
