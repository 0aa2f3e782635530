from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from invitations.models.consent import Consent, consent_template

UNREAD = _("The text that you agree to has changed. Read it above the button, then send the form again.")


class ConsentForm(forms.Form):
    """A form whose button gives consent. It names the text that the page showed, as `version language`.

    No checkbox: the text stands at the button, and the form has no other purpose (GDPR, article 7 and recital 32).
    """

    consent = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        self.shown_consent = Consent.in_language(get_language() or "en")
        shown = " ".join(self.shown_consent)
        kwargs["initial"] = kwargs.get("initial", {}) | {"consent": shown}
        self.posted_consent = "" if data is None else data.get("consent", "")
        # if the form is shown again, it names the text that is shown then
        if data is not None and self.posted_consent != shown:
            data = data.copy()
            data["consent"] = shown
        super().__init__(data, **kwargs)

    def clean_consent(self) -> Consent:
        """Ask once more if the page showed another text than it would now."""
        version, _blank, language = self.posted_consent.partition(" ")
        given = Consent(version, language)
        if not given.is_current:
            raise forms.ValidationError(UNREAD)
        return given

    @property
    def consent_template(self) -> str:
        return consent_template(self.shown_consent.version)
