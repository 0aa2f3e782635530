"""The form that uploads a bulk invitation."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _

from companies.models import User
from config.admin.base import ServiceForm
from config.db.uuid7 import parse_uuid
from config.exceptions import DomainError
from invitations.admin.create.form import CHOOSE_A_COMPANY
from invitations.admin.create.terms import EXPIRES
from invitations.admin.fields import PlainTextField
from invitations.models import MAX_MESSAGE_LENGTH, Batch
from invitations.services.batches.create import draft_batch

SPANS = [(value, label) for value, label in EXPIRES if value.isdecimal()]
MAX_OFFERED = 50


class NewestCompaniesSelect(AutocompleteSelect):
    """Autocomplete field. Without JavaScript it offers the newest companies that the user may see."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        groups = super().optgroups(name, value, attr)
        if not any(value):  # browsers would choose the first company
            groups[0][1].append(self.create_option(name, "", "", True, 0))
        others = self.choices.queryset.exclude(pk__in=[pk for pk in value if parse_uuid(str(pk))]).order_by("-pk")
        for company in others[:MAX_OFFERED]:
            groups[0][1].append(self.create_option(name, company.pk, str(company), False, len(groups[0][1])))
        return groups


class BatchForm(ServiceForm):
    """A file or pasted addresses, and the terms of rows that have none of their own."""

    file = forms.FileField(
        required=False,
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        help_text=_("At most 5,000 rows and 5 MiB, in UTF-8."),
    )
    addresses = forms.CharField(
        required=False,
        label=_("Or paste here"),
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text=_("One address on each line, or rows copied from a spreadsheet. At most 4 MiB."),
    )
    message = PlainTextField(
        required=False,
        max_length=MAX_MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        label=_("Message"),
        help_text=_("Plain text. Each contributor reads it in the mail and on the page."),
    )
    expires_in = forms.ChoiceField(required=False, choices=[*SPANS, ("", _("Never"))], initial="14", label=_("Expires"))
    max_uses = forms.IntegerField(
        required=False,
        initial=1,
        label=_("Maximum uses"),
        help_text=_("For each invitation. Each connected account is one use. Empty: unlimited."),
    )
    send_email = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Mail each address its own link"),
        help_text=_("If not, no mail is sent, and the result file has the links."),
    )
    service_fields = {"expires_in_seconds": "expires_in"}

    class Meta:
        model = Batch
        fields = ("company", "file", "addresses", "message", "expires_in", "max_uses", "send_email")
        error_messages = {"company": CHOOSE_A_COMPANY}

    def clean(self) -> None:
        cleaned = self.cleaned_data
        if {"file", "addresses"} <= cleaned.keys() and bool(cleaned["file"]) == bool(cleaned["addresses"].strip()):
            self.add_error("file", _("Choose a file or paste addresses: one of the two."))

    def clean_expires_in(self) -> timedelta | None:
        days = self.cleaned_data["expires_in"]
        return timedelta(days=int(days)) if days else None

    def _post_clean(self) -> None:
        """Skip the model's validation: the service fills the row."""

    def perform(self, *, by: User) -> Batch:
        given: dict[str, Any] = dict(self.cleaned_data)
        file, pasted = given.pop("file"), given.pop("addresses")
        content = file.read() if file else pasted.encode(errors="replace")
        return draft_batch(given.pop("company"), by=by, content=content, file_name=file.name if file else "", **given)

    def error_field(self, error: DomainError) -> str | None:
        name = super().error_field(error)
        return name or ("file" if self.cleaned_data.get("file") else "addresses")
