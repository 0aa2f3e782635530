"""The progress of invitations: how many reached each step."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections as databases
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from config.db.replica import reading_alias
from config.db.uuid7 import first_uuid7_at
from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.models import Delivery, EventType, Invitation, InvitationEvent, Use
from invitations.models.delivery import LEFT

MAX_FOLLOWED = 50_000


class Step(models.TextChoices):
    CREATED = "created", _("Created")
    MAILED = "mailed", _("Mailed")
    OPENED = "opened", _("Opened")
    VERIFIED = "verified", _("Verified")
    SUBMITTED = "submitted", _("Submitted")
    CONNECTED = "connected", _("Connected")


def step_condition(step: Step) -> Q:
    """Condition for an invitation that reached `step`, even if it was revoked or expired later.

    Connected: a connection created or repaired through the invitation works now.
    """
    match step:
        case Step.CREATED:
            return Q()
        case Step.MAILED:
            left = Delivery.objects.filter(status__in=LEFT, invitation=OuterRef("pk"))
            return Q(Exists(left))
        case Step.OPENED:
            return Q(last_viewed_at__isnull=False)
        case Step.VERIFIED:
            verified = InvitationEvent.objects.filter(invitation=OuterRef("pk"), type=EventType.EMAIL_VERIFIED)
            return Q(Exists(verified))
        case Step.SUBMITTED:
            return Q(use_count__gt=0)
        case Step.CONNECTED:
            works = Q(status=ConnectionStatus.CONNECTED)
            created = Use.objects.filter(invitation=OuterRef("pk"), connection__status=ConnectionStatus.CONNECTED)
            repaired = Connection.objects.filter(works, pk=OuterRef("connection_id"))
            return Q(use_count__gt=0) & (Q(Exists(created)) | Q(Exists(repaired)))


@dataclass(frozen=True)
class Funnel:
    """Number of invitations for each step. `is_limited`: only the newest `MAX_FOLLOWED` were counted."""

    numbers: dict[Step, int]
    is_limited: bool


# Each condition of `step_condition` as a join of the whole cohort: as filters of one aggregate they would run once for
# each invitation, which takes six times as long. The bounds on ids let each join read only the rows of its period.
FUNNEL = """
WITH cohort AS MATERIALIZED (
    SELECT id, last_viewed_at IS NOT NULL AS opened, use_count > 0 AS submitted,
        use_count > 0 AND connection_id IS NOT NULL AND EXISTS (
            SELECT FROM connections_connection account WHERE account.id = connection_id AND account.status = %(works)s
        ) AS repaired
    FROM invitations_invitation
    WHERE id >= %(first)s AND created_at >= %(since)s {of_companies}
)
SELECT count(*) AS created,
    (SELECT count(*) FROM cohort WHERE EXISTS (
        SELECT FROM invitations_delivery mail WHERE mail.invitation_id = cohort.id AND mail.invitation_id >= %(first)s
    )) AS mailed,
    count(*) FILTER (WHERE opened) AS opened,
    (SELECT count(*) FROM cohort WHERE EXISTS (
        SELECT FROM invitations_invitationevent event
        WHERE event.invitation_id = cohort.id AND event.invitation_id >= %(first)s AND event.type = 'EMAIL_VERIFIED'
    )) AS verified,
    count(*) FILTER (WHERE submitted) AS submitted,
    count(*) FILTER (WHERE repaired) + (SELECT count(*) FROM cohort WHERE EXISTS (
        SELECT FROM invitations_use made JOIN connections_connection account ON account.id = made.connection_id
        WHERE made.invitation_id = cohort.id AND made.invitation_id >= %(first)s
            AND account.id >= %(first)s AND account.status = %(works)s
    )) AS connected
FROM cohort
"""
LIVE = "AND company_id NOT IN (SELECT id FROM companies_company WHERE NOT is_live)"
OF_COMPANIES = "AND company_id = ANY(%(companies)s)"


def funnel(*, since: datetime, companies: Collection[UUID] | None = None) -> Funnel:
    """Count the invitations created after `since` that reached each step. `companies`: None counts all live ones.

    Two queries. At most the newest `MAX_FOLLOWED` invitations are counted, so the cost does not grow with the table.
    """
    first = first_uuid7_at(since - timedelta(seconds=1))
    created = Invitation.objects.filter(pk__gte=first)
    if companies is None:
        created = created.exclude(company__in=Company.objects.of_tests())
    else:
        created = created.filter(company__in=companies)
    beyond_limit = created.order_by("-pk").values_list("pk", flat=True)[MAX_FOLLOWED : MAX_FOLLOWED + 1]
    cut = next(iter(beyond_limit), None)
    parameters: dict[str, Any] = {
        "first": first if cut is None else UUID(int=cut.int + 1),
        "since": since,
        "companies": None if companies is None else list(companies),
        "works": ConnectionStatus.CONNECTED.value,
    }
    with databases[reading_alias()].cursor() as cursor:
        cursor.execute(FUNNEL.format(of_companies=LIVE if companies is None else OF_COMPANIES), parameters)
        numbers = cursor.fetchone()
    return Funnel(dict(zip(Step, numbers, strict=True)), is_limited=cut is not None)
