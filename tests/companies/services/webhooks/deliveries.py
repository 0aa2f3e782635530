"""Endpoints, events and deliveries in the database."""

from functools import partial

from companies.models import EventStream, PartnerEvent, PartnerEventType, WebhookDelivery
from companies.services.webhooks.signing import new_secret
from tests import factories
from tests.factories import CompanyFactory

SECRET = new_secret()
make_endpoint = partial(factories.make_endpoint, url="https://hooks.example.com/ok", secret=SECRET)


def make_events(company, number=1, **fields):
    """Events of the company without a number, as services publish them."""
    given = {"type": PartnerEventType.INVITATION_VIEWED, "data": {"message": "Grüße"}} | fields
    place = {"partner": company.partner, "company": company, "is_live": company.is_live}
    return PartnerEvent.objects.bulk_create(PartnerEvent(**place, **given) for _ in range(number))


def make_delivery(endpoint, company=None, **fields):
    (event,) = make_events(company or CompanyFactory(partner=endpoint.partner))
    return WebhookDelivery.objects.create(endpoint=endpoint, event=event, **fields)


def stream_of(company):
    return EventStream.objects.get(partner=company.partner, is_live=company.is_live)
