"""Export and erase the data about one address."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.addresses import normalize_address
from companies.models import User
from companies.services import personal_data as companies
from companies.services.mailbox import delete_mails_to
from companies.services.stored_answers import replace_in_answers
from config.camel_case import to_camel_case
from config.db.advisory_locks import wait_for_lock
from config.db.metadata import MAX_METADATA_KEY_LENGTH, MAX_METADATA_VALUE_LENGTH
from config.db.personal_data import PersonalColumn, SoughtAddress, find_address, map_texts, replace_address
from connections.services import personal_data as connections
from invitations.exceptions import AddressOfStaff
from invitations.models import (
    Batch,
    BatchRow,
    Delivery,
    DeliveryStatus,
    EmailProof,
    EventType,
    FormDraft,
    Invitation,
    InvitationEvent,
    MailOutage,
    PersonalLink,
    RowStatus,
    Use,
    VerificationCode,
)
from invitations.models.erased import ERASED_DOMAIN
from invitations.services.events import log_events
from invitations.services.form_drafts import delete_drafts_with, find_drafts_with
from invitations.services.reminders.subscriptions import forget_subscriptions_of

ERASED = _("The address was erased.")
ANOTHER = "[another address]"
PERSONAL_COLUMNS = (
    *companies.PERSONAL_COLUMNS,
    *connections.PERSONAL_COLUMNS,
    PersonalColumn(Invitation, "allowed_emails", holds="address"),
    PersonalColumn(Invitation, "declined_emails", holds="address"),
    PersonalColumn(Invitation, "prefill"),
    PersonalColumn(Invitation, "message"),
    PersonalColumn(Invitation, "external_id", holds="reference"),
    PersonalColumn(
        Invitation, "metadata", max_length=MAX_METADATA_VALUE_LENGTH, max_name_length=MAX_METADATA_KEY_LENGTH
    ),
    PersonalColumn(Invitation, "redirect_url"),
    PersonalColumn(InvitationEvent, "email", holds="address"),
    PersonalColumn(InvitationEvent, "detail"),
    PersonalColumn(Delivery, "email", holds="address"),
    PersonalColumn(Delivery, "last_error"),
    PersonalColumn(Delivery, "forwarded_by", holds="address"),
    PersonalColumn(Delivery, "note"),
    PersonalColumn(MailOutage, "reason"),
    PersonalColumn(Use, "email", holds="address"),
    PersonalColumn(EmailProof, "email", holds="address"),
    PersonalColumn(VerificationCode, "email", holds="address"),
    PersonalColumn(VerificationCode, "last_error"),
    PersonalColumn(FormDraft, "email", holds="address"),
    PersonalColumn(Batch, "file_name", holds="reference"),
    PersonalColumn(Batch, "message"),
    PersonalColumn(Batch, "notices"),
    PersonalColumn(BatchRow, "given"),
    PersonalColumn(BatchRow, "email", holds="address"),
    PersonalColumn(BatchRow, "external_id", holds="reference"),
    PersonalColumn(BatchRow, "terms"),
    PersonalColumn(BatchRow, "error"),
    *companies.PUBLISHED_COLUMNS,
)


@dataclass(frozen=True)
class Erasure:
    """`values` were changed: each now has the `placeholder`, which is random and tells nothing of the address."""

    placeholder: str
    values: int


def export_personal_data(address: str) -> dict[str, Any]:
    """Return every stored value with this address, as `{address, exportedAt, values: [{table, id, field, value}]}`.

    Other people's addresses in these values are masked. Encrypted credentials and responses are not searched. Raises
    `InvalidField` for a text that is no address.
    """
    normal = normalize_address(address)
    values = [
        {
            "table": column.model._meta.db_table,
            "id": key,
            "field": to_camel_case(column.name),
            "value": value,
        }
        for column, key, value in find_address(PERSONAL_COLUMNS, normal, mask=ANOTHER)
    ]
    values += _values_of_drafts(SoughtAddress(normal))
    return {"address": normal, "exportedAt": timezone.now().isoformat(), "values": values}


@transaction.atomic
def erase_personal_data(address: str, *, by: Actor) -> Erasure:
    """Replace the address wherever it is stored by a placeholder, and end its links, codes, proofs and drafts.

    Rows and their numbers stay. A restricted invitation stays restricted: the placeholder takes the place of the
    address, and no mail is sent to it. Raises `AddressOfStaff` while a member of staff logs in with the address, and
    `InvalidField` for a text that is no address.
    """
    normal = normalize_address(address)
    if User.objects.filter(email=normal, is_active=True).exists():
        raise AddressOfStaff
    _stop_rows(normal)
    _wait_for_mails_to(normal)
    invited = _lock_invitations_with(normal)
    owned = connections.lock_connections_with(normal)
    _end_access(normal)
    _stop_mails(normal)
    delete_mails_to(normal, about=invited)
    placeholder = f"erased-{secrets.token_hex(6)}@{ERASED_DOMAIN}"
    values = delete_drafts_with(SoughtAddress(normal)) + forget_subscriptions_of(SoughtAddress(normal))
    values += replace_address(PERSONAL_COLUMNS, normal, placeholder)
    values += replace_in_answers(SoughtAddress(normal), placeholder)
    Invitation.objects.filter(pk__in=invited).update(updated_at=timezone.now())
    detail: dict[str, Any] = {"fields": ["allowedEmails"], "erased": True}
    log_events(EventType.UPDATED, dict.fromkeys(invited, detail), by=by)
    connections.log_erasure(owned, by=by)
    return Erasure(placeholder, values)


def _values_of_drafts(sought: SoughtAddress) -> list[dict[str, Any]]:
    table = FormDraft._meta.db_table
    return [
        {
            "table": table,
            "id": str(draft.pk),
            "field": "values",
            "value": map_texts(values, lambda text: sought.mask_others(text, ANOTHER)),
        }
        for draft, values in find_drafts_with(sought)
    ]


def _stop_rows(address: str) -> None:
    """Refuse rows of bulk invitations. First of all: this waits for a worker that is just creating one."""
    ready = BatchRow.objects.filter(email=address, status=RowStatus.READY)
    ready.update(status=RowStatus.REFUSED, error=str(ERASED))


def _wait_for_mails_to(address: str) -> None:
    """Wait until a mail that is leaving has left: its worker would log the address afterwards."""
    leaving = Delivery.objects.filter(email=address, status=DeliveryStatus.QUEUED).order_by("pk")
    for delivery_id in leaving.values_list("pk", flat=True):
        wait_for_lock(f"delivery:{delivery_id}")


def _lock_invitations_with(address: str) -> list[UUID]:
    """Lock the invitations that the address may use, and return those that list it.

    Locks in the order of `revoke_access`: invitations, then access.
    """
    proven = EmailProof.objects.filter(email=address).values("invitation")
    usable = Invitation.objects.filter(Q(allowed_emails__contains=[address]) | Q(pk__in=proven)).order_by("pk")
    locked = usable.select_for_update(of=("self",), no_key=True).values_list("pk", "allowed_emails")
    return [key for key, allowed in locked if address in allowed]


def _end_access(address: str) -> None:
    for rows in (
        VerificationCode.objects.filter(email=address),
        PersonalLink.objects.filter(delivery__email=address),
        EmailProof.objects.filter(email=address),
    ):
        locked = rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
        rows.model._default_manager.filter(pk__in=list(locked)).delete()


def _stop_mails(address: str) -> None:
    queued = Delivery.objects.filter(email=address, status=DeliveryStatus.QUEUED)
    queued.update(status=DeliveryStatus.FAILED, last_error=str(ERASED))
