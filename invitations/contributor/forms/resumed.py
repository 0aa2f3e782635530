from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from config.http.resumable import RESUMED
from invitations.contributor.language import LANGUAGE


class ResumedForm(forms.Form):
    """A form that may come back as it was typed: from an error page, or in another language."""

    cleaned_data: dict[str, Any]

    @property
    def is_resumed(self) -> bool:
        """True if the form only comes back, to be completed: nothing of it is checked yet."""
        return self.is_bound and (RESUMED in self.data or LANGUAGE in self.data)

    def full_clean(self) -> None:
        if self.is_resumed:
            self._errors, self.cleaned_data = ErrorDict(), {}
        else:
            super().full_clean()

    def is_valid(self) -> bool:
        return not self.is_resumed and super().is_valid()
