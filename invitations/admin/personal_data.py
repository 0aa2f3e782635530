"""Page to export and erase the data about one address. For superusers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from companies.actors import Actor
from companies.addresses import normalize_address, why_no_address
from companies.models import User
from config.exceptions import DomainError, InvalidField
from config.http.headers import set_private_headers
from config.http.kept_entries import show_kept_entries
from invitations.admin.pages import AdminPage
from invitations.services.personal_data import erase_personal_data, export_personal_data


class PersonalDataForm(forms.Form):
    address = forms.CharField(
        max_length=320,
        label=_("Email address"),
        help_text=_("User names in encrypted logins are not searched. Delete the connection to remove them."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email", "class": "vTextField"}),
        error_messages={"required": _("Enter an email address.")},
    )

    def clean_address(self) -> str:
        try:
            return normalize_address(self.cleaned_data["address"])
        except InvalidField:
            raise forms.ValidationError(why_no_address(self.cleaned_data["address"])) from None


class PersonalDataView(AdminPage):
    """Find, export or erase, by the button that was pressed. The address is never in a URL or in a log."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        if not user.is_superuser:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(show_kept_entries(PersonalDataForm, request)(data=None))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PersonalDataForm(request.POST)
        if not form.is_valid():
            return self._show(form)
        found = export_personal_data(form.cleaned_data["address"])
        if "export" in request.POST:
            return self._export(found)
        # the user has seen how many values this address has, and not another that was typed since
        if "erase" in request.POST and request.POST.get("found") == found["address"]:
            return self._erase(form)
        return self._show(form, found=found["address"], number=len(found["values"]))

    def _show(self, form: PersonalDataForm, **context: Any) -> HttpResponse:
        return self.render("personal_data.html", form=form, title=_("Personal data"), **context)

    def _export(self, found: dict[str, Any]) -> HttpResponse:
        _log(self.user, f"Exported the data about an address: {len(found['values'])} values.")
        response = JsonResponse(found, json_dumps_params={"indent": 2, "ensure_ascii": False})
        response["Content-Disposition"] = 'attachment; filename="personal-data.json"'
        return set_private_headers(response)

    def _erase(self, form: PersonalDataForm) -> HttpResponse:
        try:
            erasure = erase_personal_data(form.cleaned_data["address"], by=Actor.staff(self.user))
        except DomainError as error:
            form.add_error("address", error.detail)
            return self._show(form)
        _log(self.user, f"Erased an address in {erasure.values} values, which now have {erasure.placeholder}.")
        done = ngettext(
            "The address was erased in %(values)s value, which now has %(placeholder)s.",
            "The address was erased in %(values)s values, which now have %(placeholder)s.",
            erasure.values,
        )
        messages.success(self.request, done % {"values": erasure.values, "placeholder": erasure.placeholder})
        return redirect("admin:invitations_invitation_personal_data")


def _log(user: User, message: str) -> None:
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr="Personal data",
        action_flag=CHANGE,
        change_message=message,
    )
