"""What staff fill in to invite many."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect

from companies.models import User
from config.admin.base import ServiceForm
from config.db.uuid7 import parse_uuid
from config.exceptions import DomainError
from invitations.admin.create.form import CHOOSE_A_COMPANY
from invitations.admin.create.terms import SPANS
from invitations.admin.fields import PlainTextField
from invitations.models import MAX_MESSAGE_LENGTH, Batch
from invitations.services.batches.create import draft_batch

LIVES = [*SPANS.items(), ("", "Never")]
MOST_OFFERED = 50


class NewestCompaniesSelect(AutocompleteSelect):
    """Completes what one types; without a script it offers the newest companies that are open to whoever asks."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        groups = super().optgroups(name, value, attr)
        if not any(value):  # else browsers would choose the first one
            groups[0][1].append(self.create_option(name, "", "", True, 0))
        others = self.choices.queryset.exclude(pk__in=[pk for pk in value if parse_uuid(str(pk))]).order_by("-pk")
        for company in others[:MOST_OFFERED]:
            groups[0][1].append(self.create_option(name, company.pk, str(company), False, len(groups[0][1])))
        return groups


class NewBatchForm(ServiceForm):
    """A file or pasted addresses, and the terms of those rows that name none of their own."""

    file = forms.FileField(
        required=False,
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        help_text="At most 5,000 rows and 5 MiB, in UTF-8.",
    )
    addresses = forms.CharField(
        required=False,
        label="Or paste here",
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text=(
            "One address a line, also as “Name &lt;address&gt;”, or rows copied from a spreadsheet. At most 4 MiB."
        ),
    )
    message = PlainTextField(
        required=False,
        max_length=MAX_MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="What each contributor reads above the form, as plain text.",
    )
    expires_in = forms.ChoiceField(required=False, choices=LIVES, initial="14", label="Expires in")
    max_uses = forms.IntegerField(
        required=False,
        initial=1,
        label="Accounts",
        help_text="How many each of them can connect. Empty: any number.",
    )
    send_email = forms.BooleanField(
        required=False,
        initial=True,
        label="Mail each address its own link",
        help_text="Otherwise nothing is sent, and the links stand in the result file.",
    )
    service_fields = {"expires_in_seconds": "expires_in"}

    class Meta:
        model = Batch
        fields = ("company", "file", "addresses", "message", "expires_in", "max_uses", "send_email")
        error_messages = {"company": CHOOSE_A_COMPANY}

    def clean(self) -> None:
        said = self.cleaned_data
        if {"file", "addresses"} <= said.keys() and bool(said["file"]) == bool(said["addresses"].strip()):
            self.add_error("file", "Choose a file or paste addresses: one of the two.")

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
