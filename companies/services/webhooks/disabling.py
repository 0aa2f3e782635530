"""Stop sending to an endpoint that is gone or has failed for long."""

import logging
from collections.abc import Callable, Iterator
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from companies.actors import SYSTEM
from companies.emails import endpoint_disabled_mail
from companies.models import Disabled, WebhookEndpoint, WebhookEventType
from companies.services.mailbox import MAILS, send_or_store
from companies.services.webhooks.log import log_webhook_event
from config.jobs import defer
from config.operations.finding import Finding

logger = logging.getLogger("latchkey.webhooks")


@transaction.atomic
def disable_endpoint(endpoint_id: UUID, *, because: Disabled, url: str) -> bool:
    """Disable the endpoint and queue the mail to its contact. Returns True if it was active.

    Its waiting deliveries stay. An endpoint that has another `url` by now is not meant, and stays active.
    """
    now = timezone.now()
    active = WebhookEndpoint.objects.existing().filter(pk=endpoint_id, disabled_at=None, url=url)
    if not active.update(disabled_at=now, disabled_because=because, updated_at=now):
        return False
    endpoint = WebhookEndpoint.objects.get(pk=endpoint_id)
    log_webhook_event(endpoint, WebhookEventType.DISABLED, by=SYSTEM, detail={"because": because})
    defer("companies.tasks.mail_disabled_endpoint", {"endpoint_id": str(endpoint_id)})
    logger.warning("webhook endpoint %s was disabled: %s", endpoint_id, because)
    return True


@transaction.atomic  # a mail that could not be sent is not counted
def send_disabled_mail(endpoint_id: UUID) -> None:
    """Mail the contact of a disabled endpoint, unless it was enabled meanwhile.

    The address was not verified, and the partner decides how often an endpoint fails: the mails of a day are limited.
    """
    disabled = WebhookEndpoint.objects.existing().filter(pk=endpoint_id, disabled_at__isnull=False)
    endpoint = disabled.exclude(contact_email=None).select_related("partner").first()
    if endpoint is None:
        return
    if endpoint.is_live and not _count_mail(endpoint):
        logger.warning("the contact of webhook endpoint %s was not mailed: too many mails in a day", endpoint_id)
    else:
        has_left = send_or_store(endpoint_disabled_mail(endpoint), world=endpoint.world, resource_id=endpoint_id)
        MAILS.count("endpoint_disabled", "left" if has_left else "stored")


def _count_mail(endpoint: WebhookEndpoint) -> bool:
    count: Callable[[UUID, str], bool] = import_string(settings.CONTACT_MAIL_COUNTER)
    return count(endpoint.partner_id, endpoint.contact_email or "")


def check_endpoints() -> Iterator[Finding]:
    """Yield how many endpoints fail or were disabled, for operators."""
    if number := WebhookEndpoint.objects.in_trouble().count():
        yield Finding(
            "Webhooks",
            f"Endpoints of partners that fail, or were disabled because of that: {number}.",
            "Their contacts were mailed. The list of endpoints in the admin shows them.",
            is_grave=False,
        )
