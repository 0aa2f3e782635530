"""Lists of deliveries read about as many rows as they show, of ten thousand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from companies.models import Scope
from config.db.uuid7 import first_uuid7_at
from tests.conftest import Api
from tests.factories import CompanyFactory, make_api_key, make_delivery, make_endpoint
from tests.plans import rows_read, shared_rows

EVENTS = """
    INSERT INTO companies_partnerevent (id, partner_id, is_live, type, data, created_at)
    SELECT overlay(%(first_id)s PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, %(partner)s, true,
        'webhook.test', '{}', now()
    FROM generate_series(1, 10000) AS n
"""
DELIVERIES = """
    INSERT INTO companies_webhookdelivery (
        id, endpoint_id, event_id, status, attempts, round_attempts, created_at
    )
    SELECT id, %(endpoint)s, id, 'DELIVERED', 1, 1, now() FROM companies_partnerevent
    WHERE id > %(first_id)s::uuid
"""


@pytest.fixture(scope="module")
def old(django_db_setup, django_db_blocker):
    """An endpoint with six old deliveries. Another has ten thousand newer ones."""
    with shared_rows(django_db_blocker):
        company = CompanyFactory()
        endpoint, busy = make_endpoint(company), make_endpoint(company)
        for status in ("FAILED", "DELIVERED") * 3:
            make_delivery(endpoint, status=status)
        # in the partition of the old ones: PostgreSQL would read a partition of six rows as a whole
        first_id = str(first_uuid7_at(timezone.now(), shift=timedelta(seconds=1)))
        given = {"partner": company.partner_id, "endpoint": busy.pk, "first_id": first_id}
        with connection.cursor() as cursor:
            for statement in (EVENTS, DELIVERIES):
                cursor.execute(statement, given)
            cursor.execute("ANALYZE companies_webhookdelivery, companies_partnerevent, companies_webhookendpoint")
        yield endpoint


def test_delivery_lists_read_what_they_show(old, admin_client):
    (delivery, *_) = old.deliveries.all()
    api = Api(make_api_key(old.partner, scopes=[Scope.WEBHOOKS_WRITE])[1])
    path, page = f"webhook/{old.pk}/delivery", reverse("admin:companies_webhookdelivery_changelist")
    asked = {
        "api": lambda: api.get(path),
        "api by status": lambda: api.get(path, {"status": "FAILED"}),
        "api by statuses": lambda: api.get(path, {"status": ["FAILED", "PENDING"]}),
        "api by event": lambda: api.get(path, {"eventId": delivery.event_id}),
        "api failed": lambda: api.post(f"webhook/{old.pk}/redeliver", {"since": "2026-01-01T00:00:00Z"}),
        "admin by endpoint": lambda: admin_client.get(page, {"endpoint": old.pk}),
        "admin by endpoint and status": lambda: admin_client.get(page, {"endpoint": old.pk, "status": "DELIVERED"}),
        "admin by status": lambda: admin_client.get(page, {"status": "FAILED"}),
        "admin by event": lambda: admin_client.get(page, {"q": delivery.event_id}),
    }

    assert {name: rows_read(ask, "companies_webhookdelivery") <= 12 for name, ask in asked.items()} == dict.fromkeys(
        asked, True
    )
