"""The part of a lane that uses the database: take deliveries that are due, and record what became of them.

A lane sends to one endpoint, in rounds. `busy_until` of the endpoint keeps a second lane from beginning a round at the
same time. It ends by itself if the worker is killed, unlike a lock of the job queue. A delivery is recorded after its
request: if the worker is killed in between, it is sent again. The receiver knows it by its `webhook-id`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from companies.models import Disabled, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookStatus
from companies.services.webhooks.answers import Answer
from companies.services.webhooks.company_filter import gets_company
from companies.services.webhooks.disabling import disable_endpoint
from companies.services.webhooks.messages import find_links, message_body
from companies.services.webhooks.retries import DISABLED_AFTER, retry_delay
from companies.services.webhooks.signing import current_secrets
from companies.services.webhooks.statements import wake_lanes
from config.crypto.keyring import DecryptionError
from config.monitoring.metrics import Counter

MAX_DELIVERIES = 50  # of one round
# longer than a round, which starts no request after 5 seconds, and each request has 10
LEASE = timedelta(seconds=30)
MAX_ERROR_LENGTH = 500
# an endpoint whose secret does not decrypt waits for an operator
PAUSE_WITHOUT_SECRET = timedelta(minutes=5)
SCHEDULED = ("status", "attempts", "round_attempts", "due_at", "finished_at")

ATTEMPTS = Counter(
    "webhook_attempts_total",
    "Requests to webhooks of partners, by result. no_answer: refused, too late, or not allowed.",
    ["result"],
    known=[(result,) for result in ("delivered", "status_3xx", "status_4xx", "status_5xx", "no_answer")],
)

logger = logging.getLogger("latchkey.webhooks")


@dataclass(frozen=True)
class Message:
    delivery_id: UUID
    due_at: datetime
    event_id: UUID
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Round:
    """Messages that one lane sends in the next seconds. `lease` is the `busy_until` that it has set."""

    endpoint_id: UUID
    url: str
    lease: datetime
    secrets: Sequence[str] = field(repr=False)
    messages: Sequence[Message] = ()


@dataclass(frozen=True)
class Attempt:
    message: Message
    started_at: datetime
    duration: timedelta
    answer: Answer


def begin_round(endpoint_id: UUID) -> Round | None:
    """Return the deliveries that are due. None if the endpoint is not active, or another lane is sending to it."""
    endpoint = _occupy(endpoint_id)
    if endpoint is None:
        return None
    now = timezone.now()
    try:
        secrets = current_secrets(endpoint, now=now)
    except DecryptionError as error:
        logger.error("the secret of webhook endpoint %s does not decrypt: %s", endpoint_id, error)
        endpoint.deliveries.filter(due_at__lte=now).update(due_at=now + PAUSE_WITHOUT_SECRET)
        secrets = []
    due = endpoint.deliveries.filter(due_at__lte=now).select_related("event").order_by("due_at", "pk")
    deliveries = _give_up_others(endpoint, list(due[:MAX_DELIVERIES])) if secrets else []
    events = [delivery.event for delivery in deliveries]
    links = find_links(events) if endpoint.include_links and events else {}
    messages = [_message(delivery, message_body(delivery.event, links=links)) for delivery in deliveries]
    lease = endpoint.busy_until or now
    return Round(endpoint_id, url=endpoint.url, lease=lease, secrets=secrets, messages=messages)


@transaction.atomic
def _occupy(endpoint_id: UUID) -> WebhookEndpoint | None:
    """Set `busy_until`. Waits for a transaction that changes the endpoint, such as that of `end_round`.

    An update by itself would not wait: it leaves out a row that did not match before that transaction.
    """
    endpoint = WebhookEndpoint.objects.active().select_for_update(no_key=True).filter(pk=endpoint_id).first()
    now = timezone.now()
    if endpoint is None or (endpoint.busy_until and endpoint.busy_until > now):
        return None
    endpoint.busy_until = now + LEASE
    endpoint.save(update_fields=["busy_until"])
    return endpoint


def _give_up_others(endpoint: WebhookEndpoint, due: Sequence[WebhookDelivery]) -> list[WebhookDelivery]:
    """Return the deliveries of companies that the endpoint still gets. The others have failed, without an attempt."""
    others = [delivery.pk for delivery in due if not gets_company(endpoint, delivery.event.company_id)]
    if others:
        failed = {"status": WebhookStatus.FAILED, "due_at": None, "finished_at": timezone.now()}
        WebhookDelivery.objects.filter(pk__in=others).update(**failed)
    return [delivery for delivery in due if delivery.pk not in others]


def _message(delivery: WebhookDelivery, body: bytes) -> Message:
    assert delivery.due_at is not None  # noqa: S101 - it was chosen by it
    return Message(delivery.pk, due_at=delivery.due_at, event_id=delivery.event_id, body=body)


@transaction.atomic
def record_attempts(current: Round, attempts: Sequence[Attempt]) -> bool:
    """Store the outcomes of some requests of a round. Returns False if the endpoint gets no more of them."""
    deliveries = (
        WebhookDelivery.objects.select_for_update(no_key=True)
        .order_by("pk")
        .in_bulk([attempt.message.delivery_id for attempt in attempts])
    )
    for attempt in attempts:
        ATTEMPTS.count_on_commit(attempt.answer.result)
    known = [attempt for attempt in attempts if attempt.message.delivery_id in deliveries]
    log = [_new_attempt(deliveries[attempt.message.delivery_id], attempt, url=current.url) for attempt in known]
    WebhookAttempt.objects.bulk_create(log)
    arrived = [attempt.message.delivery_id for attempt in known if attempt.answer.is_success]
    if arrived:
        delivered = {"status": WebhookStatus.DELIVERED, "due_at": None, "finished_at": timezone.now()}
        WebhookDelivery.objects.filter(pk__in=arrived).update(attempts=F("attempts") + 1, **delivered)
    failed = [attempt for attempt in known if not attempt.answer.is_success]
    for attempt in failed:
        _schedule(deliveries[attempt.message.delivery_id], attempt)
    WebhookDelivery.objects.bulk_update([deliveries[each.message.delivery_id] for each in failed], SCHEDULED)
    return _follow_endpoint(current, [attempt.answer for attempt in attempts])


def _schedule(delivery: WebhookDelivery, attempt: Attempt) -> None:
    """Set the time of the next attempt after a failure. One that was queued again meanwhile keeps its new round."""
    now = timezone.now()
    delivery.attempts += 1
    if delivery.due_at == attempt.message.due_at:
        delivery.round_attempts += 1
        delay = retry_delay(delivery.round_attempts)
        if delay is None:
            delivery.status, delivery.due_at, delivery.finished_at = WebhookStatus.FAILED, None, now
        else:
            delivery.due_at = now + delay


def _new_attempt(delivery: WebhookDelivery, attempt: Attempt, *, url: str) -> WebhookAttempt:
    answer = attempt.answer
    return WebhookAttempt(
        delivery=delivery,
        number=delivery.attempts + 1,
        url=url,
        started_at=attempt.started_at,
        duration=attempt.duration,
        response_code=answer.status,
        answer=answer.body,
        error=answer.error[:MAX_ERROR_LENGTH],
    )


def _follow_endpoint(current: Round, answers: Sequence[Answer]) -> bool:
    """Note since when the endpoint fails, and disable it if it is gone or has failed for five days."""
    now = timezone.now()
    endpoint = WebhookEndpoint.objects.filter(pk=current.endpoint_id)
    if any(answer.is_gone for answer in answers):
        return not disable_endpoint(current.endpoint_id, because=Disabled.GONE, url=current.url)
    if any(answer.is_success for answer in answers):
        endpoint.exclude(failing_since=None).update(failing_since=None)
        return True
    endpoint.filter(failing_since=None).update(failing_since=now)
    if endpoint.filter(failing_since__lte=now - DISABLED_AFTER).exists():
        return not disable_endpoint(current.endpoint_id, because=Disabled.FAILING, url=current.url)
    return True


@transaction.atomic
def end_round(current: Round) -> None:
    """Let the next lane begin, and queue it for the time at which the next delivery is due.

    Deliveries that were created meanwhile are not forgotten: a lane that was woken for them waits for the end of this
    transaction, or ended before it began, and then they are seen here.
    """
    mine = WebhookEndpoint.objects.filter(pk=current.endpoint_id, busy_until=current.lease)
    if not mine.update(busy_until=None):
        return
    waiting = WebhookDelivery.objects.filter(endpoint=current.endpoint_id, due_at__isnull=False)
    due_at = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    if due_at is not None:
        wake_lanes([current.endpoint_id], due_at=due_at if due_at > timezone.now() else None)
