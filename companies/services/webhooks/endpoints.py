"""Webhook endpoints of partners: where events are sent, and the secrets that sign them."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from companies.actors import Actor
from companies.addresses import normalize_address
from companies.exceptions import TooManyWebhooks, WebhookInactive
from companies.models import (
    Partner,
    PartnerEvent,
    PartnerEventType,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEventType,
    World,
)
from companies.services.partners import check_companies
from companies.services.webhooks.log import log_webhook_event
from companies.services.webhooks.publish import publish
from companies.services.webhooks.redelivery import wake_after_commit
from companies.services.webhooks.signing import SECRET_OVERLAP, encrypt_secret, new_secret
from companies.services.webhooks.statements import lock_stream, number_after, wake_dispatch
from companies.services.webhooks.targets import check_url
from config.camel_case import to_camel_case
from config.crypto.keyring import DecryptionError
from config.exceptions import FieldErrors, InvalidField, NotFound
from config.jobs import defer
from config.validators import validate_single_line

MAX_ENDPOINTS = 50
MAX_DESCRIPTION_LENGTH = 200
MAX_PREVIOUS_SECRETS = 2
DELETED_AT_ONCE = 1_000

logger = logging.getLogger("latchkey.webhooks")


class EndpointFields(TypedDict, total=False):
    """Empty `event_types` and `company_ids` mean all."""

    description: str
    event_types: Sequence[str]
    company_ids: Sequence[UUID]
    include_links: bool
    contact_email: str | None


class EndpointChanges(EndpointFields, total=False):
    url: str


def check_event_types(event_types: Sequence[str]) -> list[str]:
    for index, event_type in enumerate(event_types):
        if event_type not in PartnerEventType.values:
            raise InvalidField(("event_types", index), _("There is no such event."), code="invalid_choice")
    return list(dict.fromkeys(event_types))


def check_contact(address: str | None) -> str | None:
    return normalize_address(address, field=("contact_email",)) if address else None


ENDPOINT_CHECKS: dict[str, Callable[[Any], Any]] = {
    "url": check_url,
    "description": partial(validate_single_line, max_length=MAX_DESCRIPTION_LENGTH, field=("description",)),
    "event_types": check_event_types,
    "contact_email": check_contact,
}


def check_endpoint(world: World, *, by: Actor, **given: Any) -> dict[str, Any]:
    """Return the fields as they are stored. Raises `InvalidField` or `InvalidFields` with every wrong one."""
    errors = FieldErrors()
    checked = {
        name: errors.check(ENDPOINT_CHECKS[name], value) if name in ENDPOINT_CHECKS else value
        for name, value in given.items()
    }
    if "company_ids" in given:
        company_ids = given["company_ids"]
        checked["company_ids"] = errors.check(_check_companies, world, company_ids, by=by)
    errors.raise_all()
    return checked


@sensitive_variables()
@transaction.atomic
def create_endpoint(
    world: World, *, url: str, by: Actor, **fields: Unpack[EndpointFields]
) -> tuple[WebhookEndpoint, str]:
    """Create an endpoint. Returns it with its secret, which is stored encrypted and never shown again.

    Raises what `check_endpoint` raises, and `TooManyWebhooks`.
    """
    checked = check_endpoint(world, by=by, **{"url": url, "company_ids": (), **fields})
    Partner.objects.select_for_update(no_key=True).get(pk=world.partner_id)
    if WebhookEndpoint.objects.of(world).count() >= MAX_ENDPOINTS:
        raise TooManyWebhooks
    now = timezone.now()
    endpoint = WebhookEndpoint(**world._asdict(), created_at=now, updated_at=now, **checked)
    # numbers, not times: a transaction that began earlier and commits later is seen by no list that is read now
    endpoint.starts_after = number_after(lock_stream(*world), *world)
    secret = new_secret()
    endpoint.encrypted_secret = encrypt_secret(endpoint, secret)
    endpoint.save(force_insert=True)
    log_webhook_event(endpoint, WebhookEventType.CREATED, by=by)
    return endpoint, secret


@transaction.atomic
def update_endpoint(endpoint: WebhookEndpoint, *, by: Actor, **changes: Unpack[EndpointChanges]) -> WebhookEndpoint:
    """Change fields by the rules of `create_endpoint`. A new URL begins without the failures of the old one."""
    checked = check_endpoint(endpoint.world, by=by, **changes)
    locked = lock_endpoint(endpoint)
    changed = {name: value for name, value in checked.items() if getattr(locked, name) != value}
    if not changed:
        return locked
    if "url" in changed:
        changed["failing_since"] = None
    _write(locked, **changed)
    fields = [to_camel_case(name) for name in changed if name in checked]
    log_webhook_event(locked, WebhookEventType.UPDATED, by=by, detail={"fields": fields})
    return locked


@transaction.atomic
def pause_endpoint(endpoint: WebhookEndpoint, *, by: Actor) -> WebhookEndpoint:
    """Stop sending until `resume_endpoint`. Again: unchanged."""
    locked = lock_endpoint(endpoint)
    if locked.paused_at is None:
        _write(locked, paused_at=timezone.now())
        log_webhook_event(locked, WebhookEventType.PAUSED, by=by)
    return locked


@transaction.atomic
def resume_endpoint(endpoint: WebhookEndpoint, *, by: Actor) -> WebhookEndpoint:
    """Send again, also to an endpoint that was disabled, and first what waited. An active one stays unchanged."""
    locked = lock_endpoint(endpoint)
    if locked.paused_at or locked.disabled_at:
        _write(locked, paused_at=None, disabled_at=None, disabled_because=None, failing_since=None)
        log_webhook_event(locked, WebhookEventType.RESUMED, by=by)
        wake_dispatch([locked.world])
        wake_after_commit(locked.pk)
    return locked


@sensitive_variables()
@transaction.atomic
def rotate_secret(endpoint: WebhookEndpoint, *, by: Actor) -> tuple[WebhookEndpoint, str]:
    """Replace the secret. Returns the endpoint with the new one, which is never shown again.

    For 24 hours the replaced secret signs, too. If one that was replaced before still signs, it goes on beside it, so
    that no receiver of any of them loses an event. At most two replaced secrets sign.
    """
    locked = lock_endpoint(endpoint)
    now, secret = timezone.now(), new_secret()
    previous = _readable_secrets(locked, locked.encrypted_secret)
    if locked.previous_secret_ends_at and locked.previous_secret_ends_at > now:
        previous += _readable_secrets(locked, locked.encrypted_previous_secret)
    _write(
        locked,
        encrypted_secret=encrypt_secret(locked, secret),
        encrypted_previous_secret=encrypt_secret(locked, " ".join(previous[:MAX_PREVIOUS_SECRETS]))
        if previous
        else None,
        previous_secret_ends_at=now + SECRET_OVERLAP if previous else None,
    )
    log_webhook_event(locked, WebhookEventType.ROTATED, by=by)
    return locked, secret


@transaction.atomic
def send_test_event(endpoint: WebhookEndpoint, *, by: Actor) -> WebhookDelivery:
    """Send `webhook.test` to this endpoint only, in spite of its filters. Raises `WebhookInactive`."""
    locked = lock_endpoint(endpoint)
    if not locked.is_active:
        raise WebhookInactive
    event = PartnerEvent(
        **locked.world._asdict(),
        type=PartnerEventType.WEBHOOK_TEST,
        resource_id=locked.pk,
        data={"webhookId": str(locked.pk)},
    )
    publish([event])
    # a number now, because its delivery does not wait for the job that numbers. The lock lasts to the end
    number_after(lock_stream(*locked.world), *locked.world)
    log_webhook_event(locked, WebhookEventType.TESTED, by=by)
    delivery = WebhookDelivery.objects.create(endpoint=locked, event=event)
    wake_after_commit(locked.pk)
    return delivery


@transaction.atomic
def delete_endpoint(endpoint: WebhookEndpoint, *, by: Actor) -> WebhookEndpoint:
    """Stop sending for good. A job deletes its row with all deliveries, which may be millions."""
    locked = lock_endpoint(endpoint)
    now = timezone.now()
    _write(locked, deleted_at=now, paused_at=locked.paused_at or now)
    log_webhook_event(locked, WebhookEventType.DELETED, by=by)
    # after the round that a lane may be sending
    defer("companies.tasks.clear_webhook_endpoint", {"endpoint_id": str(locked.pk)}, schedule_in={"minutes": 1})
    return locked


def clear_endpoint(endpoint_id: UUID) -> None:
    """Delete the row of a deleted endpoint, with its deliveries in batches."""
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id, deleted_at__isnull=False).first()
    if endpoint is None:
        return
    while batch := list(endpoint.deliveries.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        WebhookDelivery.objects.filter(pk__in=batch).delete()
    endpoint.delete()


def lock_endpoint(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Read the endpoint under a lock. Raises `NotFound` if it was deleted."""
    locked = WebhookEndpoint.objects.existing().select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if locked is None:
        raise NotFound
    return locked


def _check_companies(world: World, company_ids: Sequence[UUID], *, by: Actor) -> list[UUID]:
    """Reject all companies for an API key that sees some, and those that it does not see."""
    chosen = check_companies(world, company_ids)
    seen = by.api_key.company_ids if by.api_key else []
    if seen and not chosen:
        raise InvalidField(("company_ids",), _("Name the companies: this API key is limited to some."), code="required")
    for index, company_id in enumerate(chosen):
        if seen and company_id not in seen:
            raise InvalidField(("company_ids", index), _("This is not a company of the partner."), code="not_found")
    return chosen


def _write(endpoint: WebhookEndpoint, **values: Any) -> None:
    for name, value in {**values, "updated_at": timezone.now()}.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=[*values, "updated_at"])


@sensitive_variables()
def _readable_secrets(endpoint: WebhookEndpoint, encrypted: "bytes | memoryview[int] | None") -> list[str]:
    """Return no secret for a value that does not decrypt: a new secret is the way out of it."""
    try:
        text = settings.KEYRING.decrypt(bytes(encrypted or b""), associated_data=endpoint.associated_data)
    except DecryptionError as error:
        logger.error("a secret of webhook endpoint %s: %s", endpoint.pk, error)
        return []
    return text.decode().split()
