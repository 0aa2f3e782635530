"""Languages of contributors. Staff, partners and logs use `settings.LANGUAGE_CODE`."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils.translation import get_supported_language_variant, override
from django.utils.translation.trans_real import parse_accept_lang_header

# each in its own language
ENDONYMS = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "nl": "Nederlands",
    "it": "Italiano",
    "pt": "Português",
}


def find_language(tag: str) -> str | None:
    """Return our language for a BCP 47 tag: `de` for `de-AT`. None for other languages."""
    try:
        return get_supported_language_variant(tag)
    except LookupError:
        return None


def find_accepted_language(header: str) -> str | None:
    """Return the first supported language of `Accept-Language` (RFC 9110, 12.5.4)."""
    wanted = (tag for tag, _quality in parse_accept_lang_header(header.lower()) if tag != "*")
    return next(filter(None, map(find_language, wanted)), None)


def speaking(tag: str) -> AbstractContextManager[None]:
    """Use the language of this tag inside of the block, else the default one."""
    return override(find_language(tag) or settings.LANGUAGE_CODE)
