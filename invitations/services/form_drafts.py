"""Keep what was typed into a form until it is submitted. The login is never part of it."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from config.crypto.keyring import DecryptionError
from config.db.personal_data import SoughtAddress
from config.exceptions import InvalidField
from connections.services.login_pages import looks_like_page, parse_login_page
from invitations.models import DRAFT_AGE, FormDraft, Invitation, Use
from invitations.models.status import Status
from invitations.services import statements

# names of the form's fields, the longest last; no other is ever stored
FIELDS = (
    "provider",
    "datasource",
    "country",
    "owner_email",
    "collection_start_date",
    "all_sites",
    "utility_types",
    "sites",
)
MAX_LENGTH = 12_000  # of all values together: some hundred places by name
# A draft that is stored in the same moment as its submission may stay. Nothing shows it.
SUBMITTED = Use.objects.filter(invitation=OuterRef("invitation"), form_id=OuterRef("form_id"))
SESSION_PARTS = re.compile(r"[?#;]")
Values = Mapping[str, Sequence[str]]
logger = logging.getLogger("latchkey")


@dataclass(frozen=True)
class DraftOwner:
    """A proven address, or else the hash of a browser's secret.

    Both are kept apart by invitation.
    """

    email: str | None = None
    browser_hash: bytes | None = None


@dataclass(frozen=True)
class KeptForm:
    """Values of a draft, as they were typed. A field that was too long to keep is missing."""

    form_id: UUID
    saved_at: datetime
    values: Values = field(repr=False)


def save_draft(
    invitation: Invitation, *, form_id: UUID, owner: DraftOwner, values: Values, replaces: UUID | None = None
) -> None:
    """Store the values of a form, in place of its earlier ones and of the draft `replaces`, which the form showed.

    Stores nothing if the form was submitted or the address removed, also if that happens at the same time.
    """
    draft = FormDraft(form_id=form_id, invitation=invitation, email=owner.email, browser_hash=owner.browser_hash)
    content = orjson.dumps(select_values(values))
    draft.encrypted = settings.KEYRING.encrypt(content, associated_data=draft.associated_data)
    current: Invitation | None = invitation
    while current and current.admits(owner.email) and not statements.save_draft(draft, current, replaces=replaces):
        current = Invitation.objects.filter(pk=invitation.pk).first()


def find_draft(invitation: Invitation, owner: DraftOwner) -> KeptForm | None:
    """Return the newest draft of the owner for this invitation."""
    drafts = _of(invitation, owner).filter(~Exists(SUBMITTED), saved_at__gt=timezone.now() - DRAFT_AGE)
    drafts = drafts.order_by("-saved_at")
    return next((KeptForm(draft.pk, draft.saved_at, values) for draft, values in _opened(drafts[:1])), None)


def discard_drafts(invitation: Invitation, owner: DraftOwner) -> None:
    _of(invitation, owner).delete()


def delete_old_drafts() -> None:
    """Delete drafts that are too old, those of invitations that have ended, and those that were submitted."""
    ended = Invitation.objects.in_status(Status.REVOKED, Status.FULFILLED, Status.EXPIRED)
    is_over = Exists(ended.filter(pk=OuterRef("invitation")))
    FormDraft.objects.filter(Q(saved_at__lte=timezone.now() - DRAFT_AGE) | is_over | Exists(SUBMITTED)).delete()


def delete_drafts_with(sought: SoughtAddress) -> int:
    """Delete the drafts of `find_drafts_with`. Returns how many."""
    found = [draft.pk for draft, _values in find_drafts_with(sought)]
    return FormDraft.objects.filter(pk__in=found).delete()[0]


def find_drafts_with(sought: SoughtAddress) -> Iterator[tuple[FormDraft, Values]]:
    """Drafts that belong to the address or have it in a value."""
    for draft, values in _opened(FormDraft.objects.order_by("pk").iterator(chunk_size=500)):
        text = orjson.dumps([draft.email, values]).decode().lower()
        if any(spelling in text for spelling in sought.spellings):
            yield draft, values


def _of(invitation: Invitation, owner: DraftOwner) -> QuerySet[FormDraft]:
    return FormDraft.objects.filter(invitation=invitation, email=owner.email, browser_hash=owner.browser_hash)


def _opened(drafts: Iterable[FormDraft]) -> Iterator[tuple[FormDraft, Values]]:
    """Decrypt. Logs and leaves out what does not decrypt."""
    for draft in drafts:
        try:
            content = settings.KEYRING.decrypt(bytes(draft.encrypted), associated_data=draft.associated_data)
        except DecryptionError as error:
            logger.error("the draft %s cannot be decrypted: %s", draft.pk, error)
        else:
            yield draft, orjson.loads(content)


def select_values(values: Values) -> dict[str, list[str]]:
    """Return the values to keep. A field for which there is no room is left out, and an empty one has no values."""
    kept: dict[str, list[str]] = {}
    room = MAX_LENGTH
    for name in FIELDS:
        typed = [text for text in values.get(name, ()) if text]
        if name == "provider":
            typed = [kept_text for text in typed if (kept_text := _without_session(text))]
        if (length := sum(map(len, typed))) <= room:
            kept[name] = typed
            room -= length
    return kept


def _without_session(text: str) -> str:
    """Return the pasted address of a login page without the parts that may hold a session or a password."""
    if not looks_like_page(text):
        return text
    try:
        return parse_login_page(text)
    except InvalidField:
        return "" if "@" in text else SESSION_PARTS.split(text)[0]
