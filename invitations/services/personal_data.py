"""Export and erase the data about one address."""

import re
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.addresses import normalize_address
from companies.models import User
from companies.services import personal_data as companies
from config.camel_case import to_camel_case
from config.db.personal_data import PersonalColumn, find_address, replace_address
from connections.services import personal_data as connections
from invitations.exceptions import AddressOfStaff
from invitations.models import (
    Batch,
    BatchRow,
    Delivery,
    DeliveryStatus,
    EmailProof,
    EventType,
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

ERASED = _("The address was erased.")
ANOTHER = "[another address]"
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PERSONAL_COLUMNS = (
    *companies.PERSONAL_COLUMNS,
    *connections.PERSONAL_COLUMNS,
    PersonalColumn(Invitation, "allowed_emails"),
    PersonalColumn(Invitation, "prefill"),
    PersonalColumn(Invitation, "message"),
    PersonalColumn(Invitation, "external_id"),
    PersonalColumn(Invitation, "metadata"),
    PersonalColumn(InvitationEvent, "email"),
    PersonalColumn(InvitationEvent, "detail"),
    PersonalColumn(Delivery, "email"),
    PersonalColumn(Delivery, "last_error"),
    PersonalColumn(MailOutage, "reason"),
    PersonalColumn(Use, "email"),
    PersonalColumn(EmailProof, "email"),
    PersonalColumn(VerificationCode, "email"),
    PersonalColumn(VerificationCode, "last_error"),
    PersonalColumn(Batch, "file_name"),
    PersonalColumn(Batch, "notices"),
    PersonalColumn(BatchRow, "given"),
    PersonalColumn(BatchRow, "email"),
    PersonalColumn(BatchRow, "external_id"),
    PersonalColumn(BatchRow, "terms"),
    PersonalColumn(BatchRow, "error"),
)


@dataclass(frozen=True)
class Erasure:
    """`values` were changed: each now has the `placeholder`, which is random and tells nothing of the address."""

    placeholder: str
    values: int


def export_personal_data(address: str) -> dict[str, Any]:
    """Return every stored value with this address, as `{address, exportedAt, values: [{table, id, field, value}]}`.

    Other people's addresses in these values are masked. Encrypted credentials are not searched. Raises `InvalidField`
    for a text that is no address.
    """
    normal = normalize_address(address)
    values = [
        {
            "table": column.model._meta.db_table,
            "id": key,
            "field": to_camel_case(column.name),
            "value": ADDRESS.sub(lambda found: found[0] if found[0].lower() == normal else ANOTHER, text),
        }
        for column, key, text in find_address(PERSONAL_COLUMNS, normal)
    ]
    return {"address": normal, "exportedAt": timezone.now().isoformat(), "values": values}


@transaction.atomic
def erase_personal_data(address: str, *, by: Actor) -> Erasure:
    """Replace the address wherever it is stored by a placeholder, and end its links, codes and proofs.

    Rows and their numbers stay. A restricted invitation stays restricted: the placeholder takes the place of the
    address, and no mail is sent to it. Raises `AddressOfStaff` while a member of staff logs in with the address, and
    `InvalidField` for a text that is no address.
    """
    normal = normalize_address(address)
    if User.objects.filter(email=normal, is_active=True).exists():
        raise AddressOfStaff
    invited = _lock_invitations_with(normal)
    _end_access(normal)
    _stop_mails(normal)
    placeholder = f"erased-{secrets.token_hex(6)}@{ERASED_DOMAIN}"
    values = replace_address(PERSONAL_COLUMNS, normal, placeholder)
    Invitation.objects.filter(pk__in=invited).update(updated_at=timezone.now())
    detail: dict[str, Any] = {"fields": ["allowedEmails"], "erased": True}
    log_events(EventType.UPDATED, dict.fromkeys(invited, detail), by=by)
    return Erasure(placeholder, values)


def _lock_invitations_with(address: str) -> list[UUID]:
    """Lock the invitations that allow the address. Locks in the order of `revoke_access`: invitations, then access."""
    allowing = Invitation.objects.filter(allowed_emails__contains=[address]).order_by("pk")
    return list(allowing.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


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
    ready = BatchRow.objects.filter(email=address, status=RowStatus.READY)
    ready.update(status=RowStatus.REFUSED, error=str(ERASED))
