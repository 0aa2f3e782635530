"""Send events again that an endpoint did not accept, or lost."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from companies.actors import Actor
from companies.models import WebhookDelivery, WebhookEndpoint, WebhookEventType, WebhookStatus
from companies.services.webhooks.company_filter import of_its_companies
from companies.services.webhooks.log import log_webhook_event
from companies.services.webhooks.statements import wake_lanes
from config.db.uuid7 import first_uuid7_at

MAX_AT_ONCE = 1_000
ID_GRAIN = timedelta(seconds=1)


@transaction.atomic
def redeliver(delivery: WebhookDelivery, *, by: Actor) -> WebhookDelivery:
    """Send the event again now, with the retries of a new one, also if it was delivered. It keeps its id.

    A paused or disabled endpoint gets it when it is active again.
    """
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**_new_round())
    delivery.refresh_from_db(fields=["status", "due_at", "finished_at", "round_attempts"])
    log_webhook_event(delivery.endpoint, WebhookEventType.REDELIVERED, by=by, detail={"deliveries": 1})
    wake_after_commit(delivery.endpoint_id)
    return delivery


@transaction.atomic
def redeliver_failed(endpoint: WebhookEndpoint, *, since: datetime, by: Actor) -> tuple[int, bool]:
    """Send events again that happened at or after `since` and have failed, the oldest first.

    Returns their number, at most `MAX_AT_ONCE`, and whether there are more. Events that still have attempts left are
    not among them.
    """
    failed = of_its_companies(endpoint.deliveries.all(), endpoint).filter(
        status=WebhookStatus.FAILED, created_at__gte=since, pk__gte=first_uuid7_at(since, shift=-ID_GRAIN)
    )
    chosen = list(failed.order_by("pk").values_list("pk", flat=True)[: MAX_AT_ONCE + 1])
    number = failed.filter(pk__in=chosen[:MAX_AT_ONCE]).update(**_new_round())
    if number:
        log_webhook_event(endpoint, WebhookEventType.REDELIVERED, by=by, detail={"deliveries": number})
        wake_after_commit(endpoint.pk)
    return number, len(chosen) > MAX_AT_ONCE


def wake_after_commit(endpoint_id: UUID) -> None:
    """Send deliveries of the endpoint that are due, once the current transaction has ended."""
    transaction.on_commit(partial(wake_lanes, [endpoint_id]), robust=True)


def _new_round() -> dict[str, Any]:
    return {
        "status": WebhookStatus.PENDING,
        "round_attempts": 0,
        "due_at": timezone.now(),
        "finished_at": None,
    }
