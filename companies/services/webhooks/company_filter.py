"""Companies whose events an endpoint gets.

The filter may have been wider. A key that is limited to companies may see and change the endpoint as soon as it gets no
others, so earlier deliveries of others are neither shown to partners nor sent.
"""

from uuid import UUID

from django.db.models import Q, QuerySet

from companies.models import WebhookDelivery, WebhookEndpoint


def gets_company(endpoint: WebhookEndpoint, company_id: UUID | None) -> bool:
    """True if the endpoint gets events of the company. None: of no company, such as a test event."""
    return not endpoint.company_ids or company_id is None or company_id in endpoint.company_ids


def of_its_companies(deliveries: QuerySet[WebhookDelivery], endpoint: WebhookEndpoint) -> QuerySet[WebhookDelivery]:
    """Filter deliveries of the endpoint by `gets_company`."""
    if not endpoint.company_ids:
        return deliveries
    return deliveries.filter(Q(event__company__in=endpoint.company_ids) | Q(event__company=None))
