from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from companies.admin.limits import UnlimitedAdmin
from companies.exceptions import FreshCodeRequired, NoSecondFactor, OTPThrottled, WrongCode
from companies.fresh_code import is_fresh, mark_fresh
from companies.models import OF_COLLECTORS, ApiKey, Partner, Scope, User, partner_scopes
from companies.services.partners import (
    API_KEY_CHECKS,
    PARTNER_CHECKS,
    create_partner,
    issue_api_key,
    rename_api_key,
    revoke_api_key,
    update_partner,
)
from companies.services.second_factor import verify_second_factor
from config.admin.base import BaseAdmin, ServiceForm
from config.admin.changelist import AutocompleteFilter, status_word
from config.admin.revoke import RevokingAdmin
from config.admin.times import short_date
from config.db.index_hints import prefilter_if_rare
from config.db.name_search import name_contains
from config.exceptions import DomainError

CODE_ERRORS = (FreshCodeRequired, WrongCode, OTPThrottled, NoSecondFactor)


class PartnerForm(ServiceForm):
    redirect_urls = SimpleArrayField(
        forms.URLField(assume_scheme="https", max_length=500),
        required=False,
        label=_("Redirect URLs"),
        help_text=_("Pages where contributors may continue when they are done. Exact URLs, separated by commas."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )

    checks = PARTNER_CHECKS
    create = staticmethod(create_partner)
    update = staticmethod(update_partner)


@admin.register(Partner)
class PartnerAdmin(UnlimitedAdmin, BaseAdmin):
    form = PartnerForm
    fields = ("name", "redirect_urls")
    list_display = ("name", "created")
    search_fields = ("name",)
    search_help_text = _("Search by name or part of it.")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        term = search_term.strip()
        return queryset.filter(prefilter_if_rare(queryset, name_contains(term))) if term else queryset, False


class NewApiKeyForm(ServiceForm):
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
    checks = API_KEY_CHECKS
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

    @sensitive_variables()
    def perform(self, *, by: User) -> ApiKey:
        given = {name: value for name, value in self.cleaned_data.items() if name != "code"}
        key, self.value = issue_api_key(created_by=by, has_fresh_code=self.is_fresh, **given)
        return key

    def error_field(self, error: DomainError) -> str | None:
        if isinstance(error, CODE_ERRORS) and "code" in self.fields:
            return "code"
        return super().error_field(error)


class ApiKeyForm(ServiceForm):
    checks = API_KEY_CHECKS
    update = staticmethod(rename_api_key)


class ApiKeyStatus(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("active", _("Active")), ("expired", _("Expired")), ("revoked", _("Revoked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        match self.value():
            case "active":
                return queryset & ApiKey.objects.active()
            case "expired":
                return queryset.filter(revoked_at=None, expires_at__lte=Now())
            case "revoked":
                return queryset.filter(revoked_at__isnull=False)
        return queryset


@admin.register(ApiKey)
class ApiKeyAdmin(UnlimitedAdmin, RevokingAdmin):
    """Create, rename and revoke keys. The value is shown once, in the response to the creation."""

    autocomplete_fields = ("partner",)
    list_display = ("name", "visible_part", "partner", "status", "last_used", "expires", "created")
    list_select_related = ("partner",)
    list_filter = (ApiKeyStatus, ("partner", AutocompleteFilter))
    search_fields = ("name", "prefix", "partner__name")
    search_help_text = _("Search by name, partner, or the visible part of a key, such as lk_1a2b3c4d.")
    add_form_template = "admin/companies/apikey/add_form.html"
    revoke_consequence = _(
        "Systems that use this key lose access at once. This cannot be undone. You can create a new key at any time."
    )
    facts = ("status", "partner", "visible_part", "scope_names", "last_used_at", "expires_at", "created_at")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        if obj:
            return ("name", *self.facts, "created_by", "revoked_at")
        asks_code = bool(request.user.is_superuser) and not is_fresh(request)
        return ("partner", "name", "scopes", *(["code"] if asks_code else []), "expires_at")

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
