"""Entries of a form that was sent after its login had ended, kept until the same user has logged in again.

Each form names its user in a signed field. The entries wait encrypted, with the user's id as associated data: in a
hidden field of the login page, then in the session. No browser storage, cookie or log has the text, and another user
cannot open it. Passwords, codes and files are not kept.
"""

import base64
import binascii
import json
import re
import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from django import forms
from django.conf import settings
from django.core import signing
from django.forms.utils import ErrorDict
from django.http import HttpRequest, QueryDict
from django.utils.crypto import get_random_string

from config.crypto.keyring import DecryptionError

OWNER_FIELD = "form_owner"
KEPT_FIELD = QUERY_NAME = SESSION_KEY = "kept"
MAX_ENTRIES_BYTES = 120 * 1024  # encrypted and posted with the login, they fit into the limit of a body
MAX_AGE = timedelta(days=7)
SECRET_NAME = re.compile("passw|secret|^code$|^csrfmiddlewaretoken$", re.IGNORECASE)
ShownForm = TypeVar("ShownForm", bound=forms.BaseForm)


@dataclass(frozen=True)
class Entries:
    """`text`: the entries, URL-encoded; None if they were too long. `had_files`: files that must be chosen again."""

    id: str
    path: str
    text: str | None = field(repr=False)
    had_files: bool
    kept_at: float


@dataclass(frozen=True)
class KeptEntries:
    """Encrypted entries, and the URL that shows them to their user after the login."""

    owner_id: str
    encrypted: str = field(repr=False)
    url: str
    is_too_long: bool
    had_files: bool


def owner_of_form(request: HttpRequest) -> str:
    """Value of `OWNER_FIELD` in a form at this URL. A page of another site cannot make it."""
    user = getattr(request, "user", None)
    return _signed([str(user.pk), request.path]) if user and user.is_authenticated else ""


def keep_entries(request: HttpRequest) -> KeptEntries | None:
    """Encrypt the posted entries for the user who opened the form. None without a valid `OWNER_FIELD`."""
    owner_id = _read_owner(request)
    if owner_id is None:
        return None
    posted = request.POST.copy()
    for name in [each for each in posted if each == OWNER_FIELD or SECRET_NAME.search(each)]:
        del posted[name]
    text = posted.urlencode()
    is_too_long = len(text) > MAX_ENTRIES_BYTES
    entries = Entries(
        id=get_random_string(8),
        path=request.path,
        text=None if is_too_long else text,
        had_files=any(request.FILES.values()),
        kept_at=time.time(),
    )
    query = request.GET.copy()
    query[QUERY_NAME] = entries.id
    url = f"{request.path}?{query.urlencode()}"
    return KeptEntries(owner_id, _encrypt(entries, owner_id), url, is_too_long, entries.had_files)


def store_entries(request: HttpRequest, encrypted: str) -> bool:
    """Put the entries into the session of the user who has logged in. False if they belong to another user."""
    if _decrypt(encrypted, request) is None:
        return False
    request.session[SESSION_KEY] = encrypted
    return True


def kept_entries(request: HttpRequest) -> Entries | None:
    """Entries that the form at this URL shows again: only at the URL to which the login returned."""
    wanted = request.GET.get(QUERY_NAME)
    if not wanted or request.method not in {"GET", "HEAD"}:
        return None
    entries = _decrypt(request.session.get(SESSION_KEY, ""), request)
    return entries if entries and (entries.id, entries.path) == (wanted, request.path) else None


def drop_entries(request: HttpRequest) -> None:
    """Forget entries whose form is sent again."""
    if request.method == "POST" and QUERY_NAME in request.GET:
        request.session.pop(SESSION_KEY, None)


def show_kept_entries(form_class: type[ShownForm], request: HttpRequest) -> type[ShownForm]:
    """Return a form class that shows kept entries without checking them, or the class itself if there are none.

    The class takes `data` by name, as `None`.
    """
    entries = kept_entries(request)
    if entries is None or entries.text is None:
        return form_class
    shown = QueryDict(entries.text)

    class KeptForm(form_class):  # type: ignore[valid-type, misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "data": shown})

        def full_clean(self) -> None:
            self._errors = ErrorDict()
            self.cleaned_data: dict[str, Any] = {}

        def is_valid(self) -> bool:
            return False

    return KeptForm


def _read_owner(request: HttpRequest) -> str | None:
    try:
        owner_id, path = signing.loads(request.POST.get(OWNER_FIELD, ""), salt=__name__, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return str(owner_id) if path == request.path else None


def _signed(value: Any) -> str:
    return signing.dumps(value, salt=__name__)


def _encrypt(entries: Entries, owner_id: str) -> str:
    secret = json.dumps(asdict(entries)).encode()
    encrypted = settings.KEYRING.encrypt(secret, associated_data=_associated_data(owner_id))
    return base64.urlsafe_b64encode(encrypted).decode()


def _decrypt(encrypted: str, request: HttpRequest) -> Entries | None:
    """None for entries of another user, and for those older than `MAX_AGE`."""
    try:
        value = base64.urlsafe_b64decode(encrypted.encode())
        secret = settings.KEYRING.decrypt(value, associated_data=_associated_data(request.user.pk))
    except (DecryptionError, binascii.Error, ValueError):
        return None
    entries = Entries(**json.loads(secret))
    return entries if time.time() - entries.kept_at < MAX_AGE.total_seconds() else None


def _associated_data(owner_id: Any) -> str:
    return f"kept entries:{owner_id}"
