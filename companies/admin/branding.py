"""The branding of a company or a partner, with a preview beside the form."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

from csp.decorators import csp_replace, csp_update
from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt

from companies.actors import Actor
from companies.logos import DecodedLogo
from companies.models import Company, Partner
from companies.models.branding import UNBRANDED, Brand
from companies.services.branding import check_branding, draft_brand, own_branding, update_branding
from config.admin.base import BaseAdmin
from config.exceptions import InvalidField
from config.form_fields import TypedCharField, TypedEmailField, TypedURLField, UncutCharField
from config.http.body_limit import allow_large_body, content_length, is_large
from config.http.error_pages import too_large
from config.http.kept_entries import show_kept_entries

# more than a logo may have, so that the form can say that it is too large
MAX_BODY_BYTES = 8 * 1024 * 1024
FRAMED: dict[str, Any] = {"frame-ancestors": ["'self'"], "img-src": ["'self'", "data:"]}
# a preview by the script has the policy of the page around it
FRAMING: dict[str, Any] = {"frame-src": ["'self'"], "img-src": ["data:"]}
INHERITED = ("display_name", "accent_color", "support_email", "support_phone", "privacy_url")
SHOWN = {"": None, "yes": True, "no": False}


class BrandingForm(forms.Form):
    display_name = TypedCharField(
        required=False,
        label=_("Name"),
        help_text=_("At the top of pages and mails. The names of partner and company stay where pages say who asks."),
    )
    logo = forms.FileField(
        required=False,
        label=_("Logo"),
        help_text=_("PNG, JPEG or WebP, at most 1 MB. Best: a wide logo on a transparent ground."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    removes_logo = forms.BooleanField(required=False, label=_("Remove the logo"))
    accent_color = UncutCharField(
        required=False,
        label=_("Accent colour"),
        help_text=_("For buttons and links, such as #17594a. Texts get a shade of it that is readable."),
    )
    support_email = TypedEmailField(
        required=False, label=_("Support address"), help_text=_("Who helps contributors. They all see it.")
    )
    support_phone = TypedCharField(required=False, label=_("Support phone"))
    privacy_url = TypedURLField(
        required=False, label=_("Privacy link"), help_text=_("A page that begins with https://.")
    )
    shows_operator = forms.ChoiceField(required=False, label=_("“Powered by” line"))

    def __init__(self, owner: Company | Partner, *args: Any, **kwargs: Any) -> None:
        own = own_branding(owner)
        initial = {name: getattr(own, name) or "" for name in INHERITED}
        initial["shows_operator"] = next(key for key, value in SHOWN.items() if value == own.shows_operator)
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.owner = owner
        self.values: dict[str, Any] = {}
        inherited = owner.partner.brand if isinstance(owner, Company) else UNBRANDED
        for name in INHERITED:
            value = inherited.name if name == "display_name" else getattr(inherited, name)
            self.fields[name].widget.attrs["placeholder"] = value or ""
        of_partner = gettext("As the partner has it") if isinstance(owner, Company) else gettext("Shown (as usual)")
        choices = [("", of_partner), ("yes", gettext("Shown")), ("no", gettext("Not shown"))]
        self.fields["shows_operator"].choices = choices  # type: ignore[attr-defined]
        if own.logo_id is None:
            del self.fields["removes_logo"]

    @property
    def changes(self) -> dict[str, Any]:
        """The changed fields as the service takes them."""
        names = [name for name in self.changed_data if name in INHERITED]
        changes: dict[str, Any] = {name: self.cleaned_data.get(name) or None for name in names}
        if "shows_operator" in self.changed_data:
            changes["shows_operator"] = SHOWN[self.cleaned_data.get("shows_operator", "")]
        if upload := self.cleaned_data.get("logo"):
            changes["logo"] = upload.read()
            upload.seek(0)
        elif self.cleaned_data.get("removes_logo"):
            changes["logo"] = None
        return changes

    def clean(self) -> Any:
        try:
            self.values = check_branding(self.owner, self.changes)  # type: ignore[arg-type]
        except InvalidField as refused:
            for error in refused.errors:
                if str(error.field[0]) not in self.errors:
                    self.add_error(str(error.field[0]), error.detail)
        return self.cleaned_data

    def save(self, *, by: Any) -> list[str]:
        """Return the labels of the changed fields."""
        changes = self.changes
        update_branding(self.owner, by=Actor.staff(by), **changes)
        return [str(self.fields[name].label) for name in changes]


class BrandedAdmin(BaseAdmin):
    """Model admin of rows that have a branding. Who may change the row may change its branding."""

    def get_urls(self) -> list[Any]:
        views = {"branding": self.branding_view, "branding/preview": self.branding_preview}
        return [
            path(f"<path:object_id>/{name}/", self._taking_logos(view), name=self._branding_url_name(name))
            for name, view in views.items()
        ] + super().get_urls()

    def related_lists(self, request: HttpRequest, obj: Model) -> Iterator[tuple[str, str]]:
        yield from super().related_lists(request, obj)
        if self.has_change_permission(request, obj):
            yield gettext("Branding"), reverse(f"admin:{self._branding_url_name('branding')}", args=[obj.pk])

    def _taking_logos(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        """Allow the body to be larger than usual, for members who may change a branding.

        Exempt from CSRF outside, because that check reads the whole body. `admin_view` inside checks the token.
        """
        inside = self.admin_site.admin_view(view)

        @allow_large_body
        @csrf_exempt
        def respond(request: HttpRequest, object_id: str) -> HttpResponseBase:
            if is_large(request) and not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            may_upload = self.admin_site.has_permission(request) and self.has_change_permission(request)
            if is_large(request) and (not may_upload or content_length(request) > MAX_BODY_BYTES):
                return too_large(request)
            response: HttpResponseBase = inside(request, object_id)
            return response

        return respond

    def branding_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        owner = self._branded_row(request, object_id)
        form = self._form(request, owner)
        if form.is_valid():
            with transaction.atomic():
                changed = form.save(by=request.user)
                if changed:
                    self.log_change(request, owner, gettext("Branding: %(fields)s.") % {"fields": ", ".join(changed)})
            self.message_user(request, gettext("The branding was saved."), messages.SUCCESS)
            return redirect(f"admin:{self._branding_url_name('branding')}", owner.pk)
        framing: Any = csp_update(FRAMING)(lambda request: self._show_form(request, owner, form))
        return framing(request)  # type: ignore[no-any-return]

    @staticmethod
    def _form(request: HttpRequest, owner: Any) -> BrandingForm:
        form_class = show_kept_entries(BrandingForm, request)
        is_post = request.method == "POST"
        return form_class(owner, data=request.POST if is_post else None, files=request.FILES if is_post else None)

    def _show_form(self, request: HttpRequest, owner: Any, form: BrandingForm) -> HttpResponse:
        return self.render_page(
            request,
            "admin/companies/branding/form.html",
            title=gettext("Branding of %(name)s") % {"name": self.title_of(owner)},
            label=gettext("Branding"),
            original=owner,
            form=form,
            logo=own_branding(owner).own_logo,
            preview=reverse(f"admin:{self._branding_url_name('branding/preview')}", args=[owner.pk]),
        )

    def branding_preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a page with the posted branding, or for a GET with the stored one. An invalid form: its errors, 400."""
        owner = self._branded_row(request, object_id)
        form = self._form(request, owner)
        if form.is_bound and not form.is_valid():
            page = TemplateResponse(request, "admin/companies/branding/preview_errors.html", {"form": form}, status=400)
        else:
            context = _preview_context(owner, draft_brand(owner, form.values), form.values.get("logo"))
            page = TemplateResponse(request, "admin/companies/branding/preview.html", context)
        framed: Any = csp_replace(FRAMED)(xframe_options_sameorigin(lambda request: page))
        return framed(request)  # type: ignore[no-any-return]

    def _branded_row(self, request: HttpRequest, object_id: str) -> Any:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self.get_row_or_404(request, object_id)

    def _branding_url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name.replace('/', '_')}"


def _preview_context(owner: Company | Partner, brand: Brand, logo: DecodedLogo | None) -> dict[str, Any]:
    """A logo that is not stored yet has no URL, so it stands in the page itself."""
    company = owner if isinstance(owner, Company) else Company(partner=owner, name=gettext("one of its companies"))
    data = logo and f"data:{logo.media_type};base64,{base64.b64encode(logo.content).decode()}"
    return {"brand": brand, "logo_data": data, "invitation": {"company": company}}
