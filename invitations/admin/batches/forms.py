"""The form that uploads a bulk invitation."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _

from companies.models import User
from config.admin.base import ServiceForm
from config.db.uuid7 import parse_uuid
from config.exceptions import DomainError
from invitations.admin.create.form import CHOOSE_A_COMPANY
from invitations.admin.create.limits import ONE_USE, LimitFields
from invitations.admin.create.sections import BoundSection, Section, SectionField
from invitations.admin.create.terms import FORWARDING_FIELD, MESSAGE_FIELD, REMINDERS_FIELD
from invitations.models import Batch
from invitations.services.batches.create import draft_batch

MAX_OFFERED = 50
# the sections of the form for one invitation
RECIPIENTS = Section("recipients", _("Company and recipients"), ("company", "file", "addresses"))
LIMITS = Section(
    "limits", _("Limits"), (("expires",), ("uses", "max_uses")), hint=_("For rows without values of their own.")
)
MESSAGE = Section(
    "message",
    _("Message"),
    ("message", "send_email", "sends_reminders", "allows_forwarding"),
    hint=_("For rows without values of their own."),
)


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


class BatchForm(LimitFields, ServiceForm):
    """A file or pasted addresses, and the terms of rows that have none of their own."""

    bound_field_class = SectionField
    file = forms.FileField(
        required=False,
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        help_text=_("At most 5,000 rows and 5 MiB, in UTF-8."),
    )
    addresses = forms.CharField(
        required=False,
        label=_("Or paste addresses"),
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("One address on each line, or rows copied from a spreadsheet. At most 4 MiB."),
    )
    # removes the field: rows are created at different times, so they have a span and no day
    expires_on = None  # type: ignore[assignment]
    message = MESSAGE_FIELD
    send_email = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Mail each address its own link"),
        help_text=_("If not, no mail is sent, and the result file has the links."),
    )
    sends_reminders = REMINDERS_FIELD
    allows_forwarding = FORWARDING_FIELD
    service_fields = {"expires_in_seconds": "expires"}

    class Meta:
        model = Batch
        fields = (
            *("company", "file", "addresses", "expires", "uses", "max_uses"),
            *("message", "send_email", "sends_reminders", "allows_forwarding"),
        )
        error_messages = {"company": CHOOSE_A_COMPANY}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        expires: Any = self.fields["expires"]
        expires.choices = [choice for choice in expires.choices if choice[0] != "date"]
        self.fields["uses"].help_text = f"{_('For each invitation.')} {ONE_USE}"

    @property
    def sections(self) -> list[BoundSection]:
        return [BoundSection(section, self) for section in (RECIPIENTS, LIMITS, MESSAGE)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if {"file", "addresses"} <= cleaned.keys() and bool(cleaned["file"]) == bool(cleaned["addresses"].strip()):
            self.add_error("file", _("Choose a file or paste addresses: one of the two."))
        return cleaned

    def _post_clean(self) -> None:
        """Skip the model's validation: the service fills the row."""

    def perform(self, *, by: User) -> Batch:
        given = self.cleaned_data
        file, pasted = given["file"], given["addresses"]
        return draft_batch(
            given["company"],
            by=by,
            content=file.read() if file else pasted.encode(errors="replace"),
            file_name=file.name if file else "",
            message=given["message"],
            expires_in=self.expiry.get("expires_in"),
            max_uses=self.uses_limit,
            send_email=given["send_email"],
            sends_reminders=given["sends_reminders"],
            allows_forwarding=given["allows_forwarding"],
        )

    def error_field(self, error: DomainError) -> str | None:
        name = super().error_field(error)
        return name or ("file" if self.cleaned_data.get("file") else "addresses")
