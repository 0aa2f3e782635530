"""The text that contributors agree to. `templates/invitations/consent/` has one file for each version."""

from typing import NamedTuple, Self

from django.conf import settings

from config.languages import find_language

# change the words only in a new file with a new version: consents of the old one refer to the old words
CONSENT_VERSION = "2026-12-01"


class Consent(NamedTuple):
    """Version and language of the text that a contributor saw beside the button."""

    version: str
    language: str

    @classmethod
    def in_language(cls, tag: str) -> Self:
        """Consent to the newest text, in the language in which pages show it for this BCP 47 tag."""
        return cls(CONSENT_VERSION, find_language(tag) or settings.LANGUAGE_CODE)

    @property
    def is_current(self) -> bool:
        """True if pages show this version now, in a language that they have."""
        return self.version == CONSENT_VERSION and self.language in dict(settings.LANGUAGES)


def consent_template(version: str) -> str:
    return f"invitations/consent/{version}.html"
