"""On what terms somebody is invited: who, how long, how often."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from config.admin.times import format_datetime
from config.validators import LANGUAGE_TAG, MAX_LANGUAGE_TAG_LENGTH
from invitations.admin.fields import AddressesField, MetadataField, PlainTextField
from invitations.models import MAX_MESSAGE_LENGTH

SPANS = {"1": "1 day", "7": "1 week", "14": "14 days", "30": "30 days"}
EXPIRES = [*SPANS.items(), ("date", "On a certain day"), ("never", "Never")]
DAY_IS_OVER = "That day is over in UTC. Choose a later one."
TOO_FAR_OFF = "That is too far off. At most ten years from now."
USES = [("one", "Once"), ("number", "A certain number of times"), ("any", "As often as they like")]


class TermsForm(forms.Form):
    allowed_emails = AddressesField(
        required=False,
        label="For these addresses only",
        help_text="Paste them as they are: commas, semicolons or lines, with or without names. "
        "*@example.com stands for everyone there. Empty: anyone who has the link.",
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "none", "spellcheck": "false"}),
    )
    expires = forms.ChoiceField(choices=EXPIRES, initial="14", widget=forms.RadioSelect, label="The link works for")
    expires_on = forms.DateField(
        required=False,
        label="Last day",
        help_text="The link works until the end of that day in UTC.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a date like 2026-01-31."},
    )
    uses = forms.ChoiceField(choices=USES, initial="one", widget=forms.RadioSelect, label="It can be used")
    max_uses = forms.IntegerField(
        required=False, label="How many times", widget=forms.NumberInput(attrs={"min": 1, "inputmode": "numeric"})
    )
    message = PlainTextField(
        required=False,
        max_length=MAX_MESSAGE_LENGTH,
        help_text="Stands in the mail and on the page, as plain text.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    locale = forms.CharField(
        required=False,
        max_length=MAX_LANGUAGE_TAG_LENGTH,
        label="Language",
        help_text="A tag such as en or de-AT. Empty: the company’s.",
        validators=[RegexValidator(LANGUAGE_TAG, "Write a tag such as en or de-AT.")],
    )
    redirect_url = forms.ChoiceField(
        required=False,
        label="Afterwards, go on to",
        help_text="One of the partner’s addresses, offered to the contributor at the end.",
        error_messages={"invalid_choice": "Choose from the partner’s addresses."},
    )
    external_id = forms.CharField(
        required=False,
        max_length=255,
        label="Your own reference",
        help_text="The contributor does not see it.",
    )
    metadata = MetadataField(
        required=False,
        label="More for your records",
        help_text="One on each line, as name: value. The contributor does not see it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("expires") == "date" and "expires_on" in said:
            self._demand_a_day_to_come()
        if said.get("uses") == "number" and "max_uses" in said and said["max_uses"] is None:
            self.add_error("max_uses", "Enter how many times.")
        return said

    @property
    def terms(self) -> dict[str, Any]:
        """In the names of the service. Only of a form that is valid."""
        said = self.cleaned_data
        given = {name: said[name] or None for name in ("message", "locale", "external_id", "redirect_url")}
        return (
            given
            | self._life
            | {
                "allowed_emails": said["allowed_emails"],
                "max_uses": {"one": 1, "number": said["max_uses"], "any": None}[said["uses"]],
                "metadata": said["metadata"],
            }
        )

    @property
    def _life(self) -> dict[str, Any]:
        match self.cleaned_data["expires"]:
            case "never":
                return {"expires_at": None}
            case "date":
                return {"expires_at": end_of(self.cleaned_data["expires_on"])}
            case days:
                return {"expires_in": timedelta(days=int(days))}

    def _demand_a_day_to_come(self) -> None:
        day = self.cleaned_data["expires_on"]
        if day is None:
            self.add_error("expires_on", "Choose a day.")
        elif day < timezone.localdate():
            self.add_error("expires_on", DAY_IS_OVER)


def end_of(day: date) -> datetime:
    """The last second of the day in UTC: nobody says which day it is where they are."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def end_in_words(end: datetime | None) -> str:
    """A sentence about the end that an invitation has."""
    if end is None:
        return "It never expires."
    return f"It {'expires' if end > timezone.now() else 'expired'} on {format_datetime(end)}."
