"""Webhook endpoints that get no events, for the overview. Its words: `overview/_webhook_trouble.html`."""

from typing import NamedTuple

from companies.models import WebhookEndpoint

MOST_NAMED = 5


class WebhookTrouble(NamedTuple):
    """The first endpoints. One more than `MOST_NAMED` tells that there are others."""

    endpoints: list[WebhookEndpoint]

    @property
    def has_more(self) -> bool:
        return len(self.endpoints) > MOST_NAMED


def find_webhook_trouble() -> WebhookTrouble:
    """Find disabled and failing endpoints of live mode, those first that fail for longest."""
    troubled = WebhookEndpoint.objects.in_trouble().filter(is_live=True).select_related("partner")
    return WebhookTrouble(list(troubled.order_by("failing_since", "pk")[: MOST_NAMED + 1]))
