"""Language tags, as pages and mails are asked for (BCP 47)."""

import re

from config.refusals import InvalidField

# a language with script, region and variants; what BCP 47 allows beyond that names no language of a page
TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
NO_TAG = "This is not a language tag such as en or de-AT (BCP 47)."
MAX_LENGTH = 35  # RFC 5646, 4.4.1


def check_locale(tag: str) -> str:
    """The tag, as given. Refuses what is none, such as `de_AT`."""
    if len(tag) > MAX_LENGTH or not re.fullmatch(TAG, tag):
        raise InvalidField(("locale",), NO_TAG)
    return tag
