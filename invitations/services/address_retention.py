"""Erase the addresses of invitations that ended long ago."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from config.db.uuid7 import first_uuid7_at
from invitations.models import EmailProof, Invitation, InvitationQuerySet, PersonalLink, Use, VerificationCode
from invitations.models.erased import ERASED_DOMAIN
from invitations.models.status import Status

BATCH_SIZE = 500
# of PostgreSQL: any address in a text
ADDRESS = r"[[:alnum:]_.+-]+@[[:alnum:]_-]+(\.[[:alnum:]_-]+)+"
PLACEHOLDER = "'erased-' || left(encode(sha256((%(salt)s || email)::bytea), 'hex'), 12) || '@' || %(domain)s"
ALLOWED = f"""
    UPDATE invitations_invitation SET
        allowed_emails = ARRAY(
            SELECT CASE
                WHEN email LIKE '*%%' OR email LIKE '%%@' || %(domain)s THEN email
                ELSE {PLACEHOLDER}
            END
            FROM unnest(allowed_emails) WITH ORDINALITY AS listed (email, place) ORDER BY place
        ),
        prefill = regexp_replace(prefill::text, %(address)s, 'erased@' || %(domain)s, 'g')::jsonb,
        addresses_erased_at = %(now)s
    WHERE id = ANY (%(ids)s)
"""  # noqa: S608 - a constant of ours
DELIVERIES = f"""
    UPDATE invitations_delivery SET
        email = {PLACEHOLDER},
        last_error = regexp_replace(last_error, %(address)s, 'erased@' || %(domain)s, 'g')
    WHERE invitation_id = ANY (%(ids)s) AND email NOT LIKE '%%@' || %(domain)s
"""  # noqa: S608 - a constant of ours
EVENTS = f"""
    UPDATE invitations_invitationevent SET
        email = CASE
            WHEN email LIKE '%%@' || %(domain)s THEN email
            ELSE {PLACEHOLDER}
        END,
        detail = regexp_replace(detail::text, %(address)s, 'erased@' || %(domain)s, 'g')::jsonb
    WHERE invitation_id = ANY (%(ids)s)
"""  # noqa: S608 - a constant of ours
USES = f"""
    UPDATE invitations_use SET
        email = {PLACEHOLDER}
    WHERE invitation_id = ANY (%(ids)s) AND email NOT LIKE '%%@' || %(domain)s
"""  # noqa: S608 - a constant of ours


@transaction.atomic
def erase_old_addresses() -> int:
    """Erase the addresses of up to 500 invitations that ended `ADDRESS_RETENTION_DAYS` ago. Returns how many.

    Each address becomes a hash with a random salt that is not kept: the same in the invitation, its mails and its log.
    Rows and their numbers stay, and so do patterns such as `*@example.com`.
    """
    locked = _ended_long_ago().select_for_update(of=("self",), no_key=True)
    ended = list(locked.values_list("pk", flat=True)[:BATCH_SIZE])
    if not ended:
        return 0
    for rows in (VerificationCode, EmailProof):
        rows.objects.filter(invitation__in=ended).delete()
    PersonalLink.objects.filter(delivery__invitation__in=ended).delete()
    _replace_addresses_of(ended)
    return len(ended)


def _replace_addresses_of(ended: list[UUID]) -> None:
    values: dict[str, Any] = {"ids": ended, "salt": secrets.token_hex(16), "now": timezone.now()}
    with connection.cursor() as cursor:
        for statement in (ALLOWED, DELIVERIES, EVENTS, USES):
            cursor.execute(statement, values | {"domain": ERASED_DOMAIN, "address": ADDRESS})


def _ended_long_ago() -> InvitationQuerySet:
    now = timezone.now()
    before = now - timedelta(days=settings.ADDRESS_RETENTION_DAYS)
    used_since = Use.objects.filter(invitation=OuterRef("pk"), created_at__gte=before)
    changed_since = Q(revoked_at__gte=before) | Q(expires_at__range=(before, now)) | Q(updated_at__gte=before)
    ended = Invitation.objects.in_status(Status.REVOKED, Status.FULFILLED, Status.EXPIRED)
    old = ended.filter(~Exists(used_since), addresses_erased_at=None, pk__lt=first_uuid7_at(before))
    return old.exclude(changed_since).order_by("pk")
