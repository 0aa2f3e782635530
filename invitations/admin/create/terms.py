"""Terms of an invitation: its limits, message and records."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.form_fields import TypedCharField
from config.validators import LANGUAGE_TAG, MAX_LANGUAGE_TAG_LENGTH
from invitations.admin.create.limits import LimitFields
from invitations.admin.create.sections import Section
from invitations.admin.fields import AddressesField, MetadataField, PlainTextField
from invitations.models import MAX_MESSAGE_LENGTH, Invitation

LIMITS = Section("limits", _("Limits"), (("expires", "expires_on"), ("uses", "max_uses", "share_uses")))
MESSAGE = Section("message", _("Message"), ("message", "sends_reminders", "allows_forwarding"))
RECORDS = Section(
    "records",
    _("More options"),
    ("redirect_url", "external_id", "metadata", "locale"),
    is_optional=True,
)


MESSAGE_FIELD = PlainTextField(
    required=False,
    max_length=MAX_MESSAGE_LENGTH,
    label=_("Your message"),
    help_text=_("Plain text. The contributor reads it in the mail and on the page."),
    widget=forms.Textarea(attrs={"rows": 5}),
)


REMINDERS_FIELD = forms.BooleanField(
    required=False,
    initial=True,
    label=_("Remind those who do not answer"),
    help_text=_("Two mails at most, in the morning: at half of the time, and a day before the end."),
)
FORWARDING_FIELD = forms.BooleanField(
    required=False,
    label=_("The contributor may forward it"),
    help_text=_("To the address of a colleague who has the login. You see to whom."),
)


class TermsForm(LimitFields):
    allowed_emails = AddressesField(
        required=False,
        label=_("Allowed addresses"),
        help_text=_(
            "One or several, pasted in any form. *@example.com allows every address of this domain. "
            "Empty: anyone with the link may use it."
        ),
        widget=forms.Textarea(attrs={"rows": 2, "autocapitalize": "none", "spellcheck": "false"}),
    )
    message = MESSAGE_FIELD
    sends_reminders = REMINDERS_FIELD
    allows_forwarding = FORWARDING_FIELD
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

    @property
    def terms(self) -> dict[str, Any]:
        """Keyword arguments for the service, from a valid form."""
        cleaned = self.cleaned_data
        return {
            **{name: cleaned[name] or None for name in TEXTS},
            **self.expiry,
            "allowed_emails": cleaned["allowed_emails"],
            "max_uses": self.uses_limit,
            **{name: cleaned[name] for name in ("metadata", "sends_reminders", "allows_forwarding")},
        }


_COLUMNS = {field.name for field in Invitation._meta.concrete_fields if isinstance(field, models.CharField)}
# texts that the invitation stores under the name of their field
TEXTS = [name for name in TermsForm.base_fields if name in _COLUMNS]
