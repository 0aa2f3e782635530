"""Terms of an invitation: who may use it, until when and how often."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.admin.times import format_datetime
from config.form_fields import TypedCharField
from config.validators import LANGUAGE_TAG, MAX_LANGUAGE_TAG_LENGTH
from invitations.admin.create.sections import Section
from invitations.admin.fields import AddressesField, MetadataField, PlainTextField
from invitations.models import MAX_MESSAGE_LENGTH, Invitation

SPANS = {"1": _("1 day"), "7": _("7 days"), "14": _("14 days"), "30": _("30 days")}
EXPIRES = [
    ("1", _("After 1 day")),
    ("7", _("After 7 days")),
    ("14", _("After 14 days")),
    ("30", _("After 30 days")),
    ("date", _("At the end of a day")),
    ("never", _("Never")),
]
DAY_IS_OVER = _("This day is over in UTC. Choose a later day.")
TOO_FAR_OFF = _("Choose a day within the next ten years.")
USES = [("one", _("1")), ("number", _("Another number")), ("any", _("Unlimited"))]

LIMITS = Section(
    "limits",
    _("Limits"),
    ("allowed_emails", ("expires", "expires_on"), ("uses", "max_uses")),
)
MESSAGE = Section("message", _("Message"), ("message",))
RECORDS = Section(
    "records",
    _("More options"),
    ("redirect_url", "external_id", "metadata", "locale"),
    is_optional=True,
)


class TermsForm(forms.Form):
    allowed_emails = AddressesField(
        required=False,
        label=_("Allowed addresses"),
        help_text=_(
            "Paste email addresses in any form, separated by commas, semicolons or line breaks. "
            "*@example.com allows every address of this domain. Empty: anyone with the link may use it."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "none", "spellcheck": "false"}),
    )
    expires = forms.ChoiceField(choices=EXPIRES, initial="14", widget=forms.RadioSelect, label=_("Expires"))
    expires_on = forms.DateField(
        required=False,
        label=_("Last day"),
        help_text=_("The link works until the end of this day in UTC."),
        widget=forms.DateInput(attrs={"type": "date", "data-when": "expires=date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date such as 2026-01-31.")},
    )
    uses = forms.ChoiceField(
        choices=USES,
        initial="one",
        widget=forms.RadioSelect,
        label=_("Maximum uses"),
        help_text=_("Each connected account is one use."),
    )
    max_uses = forms.IntegerField(
        required=False,
        label=_("Number of uses"),
        widget=forms.NumberInput(attrs={"min": 1, "inputmode": "numeric", "data-when": "uses=number"}),
    )
    message = PlainTextField(
        required=False,
        max_length=MAX_MESSAGE_LENGTH,
        label=_("Your message"),
        help_text=_("Plain text. The contributor reads it in the mail and on the page."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    redirect_url = forms.ChoiceField(
        required=False,
        label=_("Redirect URL"),
        help_text=_("A page of the partner. The contributor may go on to it at the end."),
        error_messages={"invalid_choice": _("Choose from the redirect URLs of the partner.")},
    )
    external_id = TypedCharField(
        required=False,
        max_length=255,
        label=_("External id"),
        help_text=_("Your own reference, such as an order number. The contributor does not see it."),
    )
    metadata = MetadataField(
        required=False,
        label=_("Metadata"),
        help_text=_("One entry on each line, as name: value. The contributor does not see it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    locale = TypedCharField(
        required=False,
        max_length=MAX_LANGUAGE_TAG_LENGTH,
        label=_("Language"),
        help_text=_("A language tag such as en or de-AT. Empty: the language of the company."),
        validators=[RegexValidator(LANGUAGE_TAG, _("Enter a language tag such as en or de-AT."))],
    )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("expires") == "date" and "expires_on" in cleaned:
            self._require_future_day(cleaned["expires_on"])
        if cleaned.get("uses") == "number" and "max_uses" in cleaned and cleaned["max_uses"] is None:
            self.add_error("max_uses", _("Enter a number."))
        return cleaned

    @property
    def terms(self) -> dict[str, Any]:
        """Keyword arguments for the service, from a valid form."""
        cleaned = self.cleaned_data
        return {
            **{name: cleaned[name] or None for name in TEXTS},
            **self._expiry,
            "allowed_emails": cleaned["allowed_emails"],
            "max_uses": {"one": 1, "number": cleaned["max_uses"], "any": None}[cleaned["uses"]],
            "metadata": cleaned["metadata"],
        }

    @property
    def _expiry(self) -> dict[str, Any]:
        match self.cleaned_data["expires"]:
            case "never":
                return {"expires_at": None}
            case "date":
                return {"expires_at": end_of(self.cleaned_data["expires_on"])}
            case days:
                return {"expires_in": timedelta(days=int(days))}

    def _require_future_day(self, day: date | None) -> None:
        if day is None:
            self.add_error("expires_on", _("Choose a day."))
        elif day < timezone.localdate():
            self.add_error("expires_on", DAY_IS_OVER)


_COLUMNS = {field.name for field in Invitation._meta.concrete_fields if isinstance(field, models.CharField)}
# texts that the invitation stores under the name of their field
TEXTS = [name for name in TermsForm.base_fields if name in _COLUMNS]


def end_of(day: date) -> datetime:
    """The last second of the day in UTC: the time zone of the reader is not known."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def expiry_sentence(expires_at: datetime | None) -> str:
    if expires_at is None:
        return gettext("It never expires.")
    if expires_at > timezone.now():
        return gettext("It expires on %(time)s.") % {"time": format_datetime(expires_at)}
    return gettext("It expired on %(time)s.") % {"time": format_datetime(expires_at)}
