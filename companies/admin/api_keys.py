from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from companies.admin.limits import UnlimitedAdmin
from companies.admin.modes import ModeField, mode_mark
from companies.admin.selects import SeveralSelect
from companies.exceptions import FreshCodeRequired, NoSecondFactor, OTPThrottled, WrongCode
from companies.fresh_code import is_fresh, mark_fresh
from companies.models import OF_COLLECTORS, ApiKey, Company, Scope, User, World, partner_scopes
from companies.services.partners import API_KEY_CHECKS, check_scopes, issue_api_key, revoke_api_key, update_api_key
from companies.services.second_factor import verify_second_factor
from config.admin.base import ServiceForm
from config.admin.changelist import AutocompleteFilter, status_word
from config.admin.revoke import RevokingAdmin
from config.admin.times import short_date
from config.exceptions import DomainError, InvalidField

CODE_ERRORS = (FreshCodeRequired, WrongCode, OTPThrottled, NoSecondFactor)
MOST_USES = 50  # shown


class KeyForm(ServiceForm):
    """Base of the forms of new and of existing keys. Gives the services `company_ids`."""

    companies = forms.ModelMultipleChoiceField(
        Company.objects.all(),
        required=False,
        label=_("Companies"),
        help_text=_("Leave empty for all companies of the partner, also future ones."),
        widget=SeveralSelect(User._meta.get_field("companies"), admin.site),
    )
    checks = API_KEY_CHECKS
    service_fields = {"company_ids": "companies"}

    @property
    def world(self) -> World | None:
        raise NotImplementedError

    def clean(self) -> Any:
        """Name the companies that the service would refuse."""
        cleaned = super().clean()
        if (world := self.world) and (chosen := self.cleaned_data.get("companies")):
            others = [str(company) for company in chosen if (company.partner_id, company.is_live) != world]
            if others:
                message = _("Remove what is not of this partner and mode: %(names)s.")
                self.add_error("companies", message % {"names": ", ".join(others)})
        return cleaned

    @staticmethod
    def given(values: dict[str, Any]) -> dict[str, Any]:
        """Return the values under the service's names."""
        renamed = dict(values)
        if "companies" in renamed:
            renamed["company_ids"] = [company.pk for company in renamed.pop("companies")]
        return renamed


class NewApiKeyForm(KeyForm):
    is_live = ModeField(
        help_text=_("A test key sees test companies only, whose mails are not sent. This cannot be changed later.")
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, initial=partner_scopes, widget=forms.CheckboxSelectMultiple, label=_("Permissions")
    )
    code = forms.CharField(
        required=False,
        max_length=40,
        label=_("Code for a collector’s key"),
        help_text=_("Six digits from your authenticator app. Only needed for the two permissions of a collector."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    is_for_superuser: ClassVar[bool] = False
    is_fresh: ClassVar[bool] = False
    value: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        date, time = self.fields["expires_at"].widget.widgets
        date.attrs["aria-label"], time.attrs["aria-label"] = _("Expiry date"), _("Expiry time")
        scopes: Any = self.fields["scopes"]
        if self.is_for_superuser:
            scopes.help_text = _("A collector’s key has its two permissions and “read connections”, and nothing else.")
        else:
            scopes.choices = [(value, label) for value, label in Scope.choices if value not in OF_COLLECTORS]
            scopes.help_text = _("Only superusers create keys for collectors.")
        if self.is_fresh or not self.is_for_superuser:
            del self.fields["code"]

    @property
    def world(self) -> World | None:
        partner = self.cleaned_data.get("partner")
        return World(partner.pk, self.cleaned_data.get("is_live", True)) if partner else None

    def clean(self) -> Any:
        cleaned = super().clean()
        try:
            check_scopes(self.cleaned_data.get("scopes"), is_live=self.cleaned_data.get("is_live", True))
        except InvalidField as error:
            self.add_refusal(error)
        return cleaned

    @sensitive_variables()
    def perform(self, *, by: User) -> ApiKey:
        given = {name: value for name, value in self.cleaned_data.items() if name != "code"}
        key, self.value = issue_api_key(created_by=by, has_fresh_code=self.is_fresh, **self.given(given))
        return key

    def error_field(self, error: DomainError) -> str | None:
        if isinstance(error, CODE_ERRORS) and "code" in self.fields:
            return "code"
        return super().error_field(error)


class ApiKeyForm(KeyForm):
    instance: ApiKey

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["companies"] = self.instance.company_ids

    @property
    def world(self) -> World | None:
        return self.instance.world

    def perform(self, *, by: User) -> ApiKey:
        changes = self.given(self.changes)
        return update_api_key(self.instance, **changes) if changes else self.instance


class ApiKeyStatus(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("active", _("Active")),
            ("expiring", _("Expires within 14 days")),
            ("expired", _("Expired")),
            ("expired_in_use", _("Expired within 7 days, still in use")),
            ("revoked", _("Revoked")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        match self.value():
            case "active":
                return queryset & ApiKey.objects.active()
            case "expiring":
                return queryset & ApiKey.objects.expiring()
            case "expired_in_use":
                return queryset & ApiKey.objects.expired_in_use()
            case "expired":
                return queryset.filter(revoked_at=None, expires_at__lte=Now())
            case "revoked":
                return queryset.filter(revoked_at__isnull=False)
        return queryset


@admin.register(ApiKey)
class ApiKeyAdmin(UnlimitedAdmin, RevokingAdmin):
    """Create, rename and revoke keys. The value is shown once, in the response to the creation."""

    autocomplete_fields = ("partner",)
    list_display = ("name_shown", "visible_part", "partner", "status", "last_used", "expires", "created")
    list_select_related = ("partner",)
    list_filter = (ApiKeyStatus, ("partner", AutocompleteFilter))
    search_fields = ("name", "prefix", "partner__name")
    search_help_text = _("Search by name, partner, or the visible part of a key, such as lk_1a2b3c4d.")
    add_form_template = "admin/companies/apikey/add_form.html"
    change_form_template = "admin/companies/apikey/change_form.html"
    revoke_consequence = _(
        "Systems that use this key lose access at once. This cannot be undone. You can create a new key at any time. "
        "Webhook endpoints that were created with it still get events: check those of the partner."
    )
    facts = ("status", "partner", "mode", "visible_part", "scope_names", "last_used_at", "expires_at", "created_at")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        if obj:
            return ("name", "companies", *self.facts, "created_by", "revoked_at")
        asks_code = bool(request.user.is_superuser) and not is_fresh(request)
        return ("partner", "is_live", "name", "companies", "scopes", *(["code"] if asks_code else []), "expires_at")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return (*self.facts, "created_by", "revoked_at") if obj else ()

    def get_form(self, request: HttpRequest, obj: ApiKey | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs, form=ApiKeyForm if obj else NewApiKeyForm)
        if obj is None:
            form.is_for_superuser, form.is_fresh = request.user.is_superuser, is_fresh(request)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check a code before the transaction of the form, so that a wrong one counts."""
        code = request.POST.get("code", "").strip()
        if code and request.user.is_superuser and not is_fresh(request):
            try:
                verify_second_factor(request.user, code=code)
                mark_fresh(request)
            except DomainError as error:
                request.refusal = error  # type: ignore[attr-defined]
        return super().changeform_view(request, *args, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if original := context.get("original"):
            context["uses"] = original.uses.order_by("-day", "-last_at")[:MOST_USES]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("companies"))
    def companies(self, key: ApiKey) -> str:
        """The fact, for users who may not change the key."""
        names = Company.objects.filter(pk__in=key.company_ids).order_by("name").values_list("name", flat=True)
        return ", ".join(names) or gettext("All of the partner")

    @admin.display(description=_("name"), ordering="name")
    def name_shown(self, key: ApiKey) -> SafeString:
        return format_html("{} {}", key.name, mode_mark(is_live=key.is_live))

    @admin.display(description=_("status"))
    def status(self, key: ApiKey) -> SafeString:
        if key.revoked_at:
            return status_word(_("Revoked"), "over")
        return status_word(_("Active"), "good") if key.is_active else status_word(_("Expired"), "over")

    @admin.display(description=_("last used"))
    def last_used(self, key: ApiKey) -> str:
        return short_date(key.last_used_at, default=_("Never"))

    @admin.display(description=_("expires"))
    def expires(self, key: ApiKey) -> str:
        return short_date(key.expires_at, default=_("Never"))

    @admin.display(description=_("mode"))
    def mode(self, key: ApiKey) -> str | SafeString:
        return mode_mark(is_live=key.is_live) or gettext("Live")

    @admin.display(description=_("visible part"))
    def visible_part(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(description=_("permissions"))
    def scope_names(self, key: ApiKey) -> str:
        return ", ".join(str(Scope(scope).label) for scope in key.scopes)

    @sensitive_variables()
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            obj.value = form.value

    @sensitive_variables()
    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the value in the response itself, so that no session, cookie or URL has it."""
        template = "admin/companies/apikey/issued.html"
        return self.render_page(request, template, title=_("Copy the key now"), key=obj, value=obj.value)

    def revoke(self, request: HttpRequest, obj: ApiKey, **how: Any) -> None:
        revoke_api_key(obj)
