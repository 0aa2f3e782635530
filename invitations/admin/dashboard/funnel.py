"""How far invitations get, from being sent to a connection that works."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db import models
from django.db.models import Exists, OuterRef, Q

from config.db.uuid7 import first_uuid7_at
from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.models import Delivery, EventType, Invitation, InvitationEvent, Use

MOST_FOLLOWED = 50_000


class Step(models.TextChoices):
    """Each invitation that was made counts as sent: its link can be passed on by whoever asked for it."""

    SENT = "sent", "Sent or handed over"
    MAILED = "mailed", "Mailed by us"
    OPENED = "opened", "Opened"
    VERIFIED = "verified", "Verified"
    SUBMITTED = "submitted", "Submitted"
    CONNECTED = "connected", "Connected"


def reached(step: Step) -> Q:
    """The condition under which an invitation got as far as `step`, whatever became of it afterwards.

    Connected: an account that was connected or repaired through it works now.
    """
    match step:
        case Step.SENT:
            return Q()
        case Step.MAILED:
            return Q(Exists(Delivery.objects.filter(invitation=OuterRef("pk"))))
        case Step.OPENED:
            return Q(last_viewed_at__isnull=False)
        case Step.VERIFIED:
            proved = InvitationEvent.objects.filter(invitation=OuterRef("pk"), type=EventType.EMAIL_VERIFIED)
            return Q(Exists(proved))
        case Step.SUBMITTED:
            return Q(use_count__gt=0)
        case Step.CONNECTED:
            works = Q(status=ConnectionStatus.CONNECTED)
            made = Use.objects.filter(invitation=OuterRef("pk"), connection__status=ConnectionStatus.CONNECTED)
            mended = Connection.objects.filter(works, pk=OuterRef("connection_id"))
            return Q(use_count__gt=0) & (Q(Exists(made)) | Q(Exists(mended)))


@dataclass(frozen=True)
class Funnel:
    """`numbers` has every step. `is_cut`: there are more, and these are the newest `MOST_FOLLOWED`."""

    numbers: dict[Step, int]
    is_cut: bool


# The conditions of `reached`, each as a join of the whole cohort: as conditions of one aggregate they would be asked
# once for each invitation, which takes six times as long. The bounds on ids let each join read only its own time.
FUNNEL = """
WITH cohort AS MATERIALIZED (
    SELECT id, last_viewed_at IS NOT NULL AS opened, use_count > 0 AS submitted,
        use_count > 0 AND connection_id IS NOT NULL AND EXISTS (
            SELECT FROM connections_connection mended WHERE mended.id = connection_id AND mended.status = %(works)s
        ) AS mended
    FROM invitations_invitation
    WHERE id >= %(first)s AND created_at >= %(since)s {of_companies}
)
SELECT count(*) AS sent,
    (SELECT count(*) FROM cohort WHERE EXISTS (
        SELECT FROM invitations_delivery mail WHERE mail.invitation_id = cohort.id AND mail.invitation_id >= %(first)s
    )) AS mailed,
    count(*) FILTER (WHERE opened) AS opened,
    (SELECT count(*) FROM cohort WHERE EXISTS (
        SELECT FROM invitations_invitationevent event
        WHERE event.invitation_id = cohort.id AND event.invitation_id >= %(first)s AND event.type = 'EMAIL_VERIFIED'
    )) AS verified,
    count(*) FILTER (WHERE submitted) AS submitted,
    count(*) FILTER (WHERE mended) + (SELECT count(*) FROM cohort WHERE EXISTS (
        SELECT FROM invitations_use made JOIN connections_connection account ON account.id = made.connection_id
        WHERE made.invitation_id = cohort.id AND made.invitation_id >= %(first)s
            AND account.id >= %(first)s AND account.status = %(works)s
    )) AS connected
FROM cohort
"""
OF_COMPANIES = "AND company_id = ANY(%(companies)s)"


def funnel(*, since: datetime, companies: Collection[UUID] | None = None) -> Funnel:
    """How many of the invitations that were made after `since` reached each step, as far as they have come by now.

    Of those companies only; None: of all. Two queries, and never more than the newest `MOST_FOLLOWED` invitations,
    so that the cost stays when the table grows.
    """
    first = first_uuid7_at(since - timedelta(seconds=1))
    made = Invitation.objects.filter(pk__gte=first)
    if companies is not None:
        made = made.filter(company__in=companies)
    newest_left_out = made.order_by("-pk").values_list("pk", flat=True)[MOST_FOLLOWED : MOST_FOLLOWED + 1]
    cut = next(iter(newest_left_out), None)
    facts: dict[str, Any] = {
        "first": first if cut is None else UUID(int=cut.int + 1),
        "since": since,
        "companies": None if companies is None else list(companies),
        "works": ConnectionStatus.CONNECTED.value,
    }
    with database.cursor() as cursor:
        cursor.execute(FUNNEL.format(of_companies="" if companies is None else OF_COMPANIES), facts)
        numbers = cursor.fetchone()
    return Funnel(dict(zip(Step, numbers, strict=True)), is_cut=cut is not None)
