"""Fields for extra credentials, as the page shows them."""

import re

from tests.invitations.contributor.steps import tag

EXTRA = {"account_number": "4711", "authenticator_seed": "JBSWY3DP"}
LOGIN = {"username": "someone", "password": "something"}
ASKED = "Your provider asks for this"
KEPT = "Leave empty to keep what was given before."


def is_open(content: str) -> bool:
    return '<details class="more" open>' in content


def is_beside_password(content: str, name: str) -> bool:
    return content.index(tag(content, "password")) < content.index(tag(content, name)) < content.index("<details")


def is_optional(content: str, name: str) -> bool:
    (label,) = re.findall(rf'<label for="id_{name}">(.*?)</label>', content)
    return "(optional)" in label


def is_required_by_browser(content: str, name: str) -> bool:
    return " required" in tag(content, name)
