"""Erase the addresses of invitations that ended long ago."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from config.db.uuid7 import first_uuid7_at
from invitations.models import (
    EmailProof,
    FormDraft,
    Invitation,
    InvitationQuerySet,
    PersonalLink,
    Use,
    VerificationCode,
)
from invitations.models.erased import ERASED_DOMAIN
from invitations.models.status import Status

BATCH_SIZE = 500
# of PostgreSQL: any address in a text, and in JSON behind the escape of a control character
ADDRESS = r"[[:alnum:]_.+'-]+@[[:alnum:]_-]+(\.[[:alnum:]_-]+)+"
ADDRESS_IN_JSON = rf"(\\(?:[bfnrt]|u[0-9a-f]{{4}}))?{ADDRESS}"
# no longer than an address, because texts may be as long as their column
ERASED = "erased"


def _erased(column: str) -> str:
    """SQL of the value of a column with one address: a placeholder. Patterns and placeholders stay."""
    return f"""CASE
        WHEN {column} LIKE '*%%' OR {column} LIKE '%%@' || %(domain)s THEN {column}
        ELSE 'erased-' || left(encode(sha256((%(salt)s || {column})::bytea), 'hex'), 12) || '@' || %(domain)s
    END"""


def _erased_each(column: str) -> str:
    return f"""ARRAY(
        SELECT {_erased("email")} FROM unnest({column}) WITH ORDINALITY AS listed (email, place) ORDER BY place
    )"""  # noqa: S608 - a constant of ours


ALLOWED = f"""
    UPDATE invitations_invitation SET
        allowed_emails = {_erased_each("allowed_emails")},
        declined_emails = {_erased_each("declined_emails")},
        prefill = regexp_replace(prefill::text, %(in_json)s, '\\1erased@' || %(domain)s, 'g')::jsonb,
        message = regexp_replace(message, %(address)s, '{ERASED}', 'g'),
        external_id = regexp_replace(external_id, %(address)s, '{ERASED}', 'g'),
        metadata = regexp_replace(metadata::text, %(in_json)s, '\\1{ERASED}', 'g')::jsonb,
        addresses_erased_at = %(now)s
    WHERE id = ANY (%(ids)s)
"""  # noqa: S608 - a constant of ours
DELIVERIES = f"""
    UPDATE invitations_delivery SET
        email = {_erased("email")},
        forwarded_by = {_erased("forwarded_by")},
        note = regexp_replace(note, %(address)s, '{ERASED}', 'g'),
        last_error = left(regexp_replace(last_error, %(address)s, 'erased@' || %(domain)s, 'g'), 500)
    WHERE invitation_id = ANY (%(ids)s)
"""  # noqa: S608 - a constant of ours
EVENTS = f"""
    UPDATE invitations_invitationevent SET
        email = {_erased("email")},
        detail = regexp_replace(detail::text, %(in_json)s, '\\1erased@' || %(domain)s, 'g')::jsonb
    WHERE invitation_id = ANY (%(ids)s)
"""  # noqa: S608 - a constant of ours
USES = f"""
    UPDATE invitations_use SET
        email = {_erased("email")}
    WHERE invitation_id = ANY (%(ids)s) AND email NOT LIKE '%%@' || %(domain)s
"""  # noqa: S608 - a constant of ours
# the connections keep the addresses of those who repair them
EVENTS_OF_CONNECTIONS = f"""
    UPDATE connections_connectionevent SET
        email = {_erased("email")}
    WHERE connection_id IN (
        SELECT connection_id FROM invitations_use WHERE invitation_id = ANY (%(ids)s)
        UNION
        SELECT connection_id FROM invitations_invitation WHERE id = ANY (%(ids)s)
    ) AND email NOT LIKE '%%@' || %(domain)s AND created_at < %(before)s
"""  # noqa: S608 - a constant of ours


@transaction.atomic
def erase_old_addresses() -> int:
    """Erase the addresses of up to 500 invitations that ended `ADDRESS_RETENTION_DAYS` ago. Returns how many.

    Each address becomes a hash with a random salt that is not kept: the same in the invitation, its mails, its log, and
    old events of its connections. Addresses in texts go, too. Rows, their numbers and other texts stay, and so do
    patterns such as `*@example.com`.
    """
    locked = _ended_long_ago().select_for_update(of=("self",), no_key=True)
    ended = list(locked.values_list("pk", flat=True)[:BATCH_SIZE])
    if not ended:
        return 0
    for rows in (VerificationCode, EmailProof, FormDraft):
        rows.objects.filter(invitation__in=ended).delete()
    PersonalLink.objects.filter(delivery__invitation__in=ended).delete()
    _replace_addresses_of(ended)
    return len(ended)


def _replace_addresses_of(ended: list[UUID]) -> None:
    values: dict[str, Any] = {
        "ids": ended,
        "salt": secrets.token_hex(16),
        "now": timezone.now(),
        "before": _latest_end(),
        "domain": ERASED_DOMAIN,
        "address": ADDRESS,
        "in_json": ADDRESS_IN_JSON,
    }
    with connection.cursor() as cursor:
        for statement in (ALLOWED, DELIVERIES, EVENTS, USES, EVENTS_OF_CONNECTIONS):
            cursor.execute(statement, values)


def _latest_end() -> datetime:
    return timezone.now() - timedelta(days=settings.ADDRESS_RETENTION_DAYS)


def _ended_long_ago() -> InvitationQuerySet:
    now, before = timezone.now(), _latest_end()
    used_since = Use.objects.filter(invitation=OuterRef("pk"), created_at__gte=before)
    changed_since = Q(revoked_at__gte=before) | Q(expires_at__range=(before, now)) | Q(updated_at__gte=before)
    ended = Invitation.objects.in_status(Status.REVOKED, Status.FULFILLED, Status.EXPIRED)
    old = ended.filter(~Exists(used_since), addresses_erased_at=None, pk__lt=first_uuid7_at(before))
    return old.exclude(changed_since).order_by("pk")
