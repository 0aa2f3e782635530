"""Actions on a webhook endpoint or a delivery, each confirmed on a page of its own."""

from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.admin.webhooks.forms import SinceForm
from companies.models import User, WebhookDelivery, WebhookEndpoint
from companies.services.webhooks.company_filter import gets_company
from companies.services.webhooks.endpoints import (
    delete_endpoint,
    pause_endpoint,
    resume_endpoint,
    rotate_secret,
    send_test_event,
)
from companies.services.webhooks.redelivery import MAX_AT_ONCE, redeliver, redeliver_failed
from config.admin.confirm import ConfirmedAction

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PERMISSION = "companies.change_webhookendpoint"


def _pause(endpoint: WebhookEndpoint, *, by: User) -> None:
    pause_endpoint(endpoint, by=Actor.staff(by))


def _resume(endpoint: WebhookEndpoint, *, by: User) -> None:
    resume_endpoint(endpoint, by=Actor.staff(by))


def _rotate(endpoint: WebhookEndpoint, *, by: User) -> tuple[WebhookEndpoint, str]:
    return rotate_secret(endpoint, by=Actor.staff(by))


def _test(endpoint: WebhookEndpoint, *, by: User) -> WebhookDelivery:
    return send_test_event(endpoint, by=Actor.staff(by))


def _delete(endpoint: WebhookEndpoint, *, by: User) -> None:
    delete_endpoint(endpoint, by=Actor.staff(by))


def _redeliver_failed(endpoint: WebhookEndpoint, *, by: User, since: datetime) -> tuple[int, bool]:
    return redeliver_failed(endpoint, since=since, by=Actor.staff(by))


def _redeliver(delivery: WebhookDelivery, *, by: User) -> None:
    redeliver(delivery, by=Actor.staff(by))


def _redelivered(result: tuple[int, bool]) -> "StrOrPromise":
    number, has_more = result
    if not number:
        return gettext("No event has failed since then.")
    sent = ngettext("%(number)s event is sent again.", "%(number)s events are sent again.", number)
    rest = gettext(" There are more: send these again when it is done.") if has_more else ""
    return sent % {"number": f"{number:,}"} + rest


ENDPOINT_ACTIONS = (
    ConfirmedAction(
        name="resume",
        label=_("Resume"),
        consequence=_(
            "Events are sent to it again, and first those that waited. Events from a time in which it was disabled are "
            "not sent: the partner can read them from the feed."
        ),
        outcome=_("Resumed."),
        permission=PERMISSION,
        run=_resume,
        is_offered=lambda endpoint: not endpoint.is_active,
        is_dangerous=False,
    ),
    ConfirmedAction(
        name="test",
        label=_("Send a test event"),
        consequence=_(
            "One event of the type webhook.test is sent to this endpoint only. The next page shows the answer."
        ),
        outcome=_("The test event is on its way."),
        permission=PERMISSION,
        run=_test,
        is_offered=attrgetter("is_active"),
        question=_("Send a test event to %(title)s?"),
        is_dangerous=False,
    ),
    ConfirmedAction(
        name="redeliver",
        label=_("Send failed again"),
        consequence=_(
            "Events that have failed are sent again, with the same ids: a receiver can tell which ones it knows. "
            "At most %(number)s at once, the oldest first."
        )
        % {"number": f"{MAX_AT_ONCE:,}"},
        outcome=_redelivered,
        permission=PERMISSION,
        run=_redeliver_failed,
        is_offered=lambda endpoint: True,
        form=SinceForm,
        question=_("Send failed events to %(title)s again?"),
        is_dangerous=False,
    ),
    ConfirmedAction(
        name="rotate",
        label=_("Replace the secret"),
        consequence=_(
            "The next page shows the new secret, once. Each event is signed with both secrets for 24 hours. Give the "
            "new one to the partner within that time."
        ),
        outcome=_("The secret was replaced."),
        permission=PERMISSION,
        run=_rotate,
        is_offered=lambda endpoint: True,
        question=_("Replace the secret of %(title)s?"),
    ),
    ConfirmedAction(
        name="pause",
        label=_("Pause"),
        consequence=_("Nothing is sent to it until it is resumed. Events wait for it."),
        outcome=_("Paused."),
        permission=PERMISSION,
        run=_pause,
        is_offered=lambda endpoint: endpoint.paused_at is None,
    ),
    ConfirmedAction(
        name="delete",
        label=_("Delete"),
        consequence=_(
            "Nothing is sent to it any more, and its list of deliveries is deleted. This cannot be undone. The events "
            "stay in the partner’s feed."
        ),
        outcome=_("Deleted."),
        permission=PERMISSION,
        run=_delete,
        is_offered=lambda endpoint: True,
    ),
)
DELIVERY_ACTIONS = (
    ConfirmedAction(
        name="redeliver",
        label=_("Send again"),
        consequence=_(
            "The event is sent again now, with the same id: the receiver can tell that it knows the event. If the "
            "endpoint is paused or disabled, the event waits until it is resumed."
        ),
        outcome=_("The event is sent again."),
        permission=PERMISSION,
        run=_redeliver,
        is_offered=lambda delivery: gets_company(delivery.endpoint, delivery.event.company_id),
        question=_("Send this event again?"),
        is_dangerous=False,
    ),
)
