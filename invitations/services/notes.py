"""Notes of contributors, which leave in mails of ours."""

import re

from django.utils.translation import gettext as _

from config.exceptions import InvalidField
from config.validators import validate_multi_line

# mail programs make links of these
LINK = re.compile(r"://|\bwww\.|\w\.[a-z]{2,}/", re.IGNORECASE)


def check_note(note: str, max_length: int) -> str:
    """Return the note without blanks around it. Raises `InvalidField` for one that is too long or has a link."""
    text = validate_multi_line(note.strip(), max_length=max_length, field=("note",))
    if LINK.search(text):
        raise InvalidField(("note",), _("Write the note without links."), code="link")
    return text
