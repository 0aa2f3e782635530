from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from companies.actors import SYSTEM
from companies.models import WebhookAttempt
from connections.models.status import Status
from connections.services.connections import report_status
from invitations.services.invitations import revoke_invitation
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    PartnerFactory,
    SiteFactory,
    UserFactory,
    make_api_key,
    make_connection,
    make_delivery,
    make_endpoint,
    make_invitation,
)

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"\"'>{SCRIPT}{{{{ 7*7 }}}}<img src=x onerror=alert(1)>"


@pytest.fixture
def rows(db):
    """A row for each admin, with hostile text in all text fields."""
    partner = PartnerFactory(name=HOSTILE)
    company = CompanyFactory(partner=partner, name=HOSTILE, external_id=HOSTILE)
    site = SiteFactory(company=company, name=HOSTILE, address=HOSTILE, external_id=HOSTILE)
    datasource = DatasourceFactory(name=HOSTILE)
    connection = make_connection(
        company, datasource=datasource, sites=[site], external_id=HOSTILE, metadata={HOSTILE[:40]: HOSTILE}
    )
    report_status(connection, Status.OTHER_ERROR, by=SYSTEM, error_detail=HOSTILE, contributor_message=HOSTILE[:100])
    invitation = make_invitation(
        company,
        message=HOSTILE,
        external_id=HOSTILE,
        metadata={HOSTILE[:40]: HOSTILE},
        allowed_emails=["a@example.com"],
    )
    revoke_invitation(invitation, by=SYSTEM, reason=HOSTILE)
    key, _ = make_api_key(partner, name=HOSTILE)
    endpoint = make_endpoint(company, url=f"https://x.example/{HOSTILE}", description=HOSTILE)
    delivery = make_delivery(endpoint, data={HOSTILE: HOSTILE})
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=1,
        url=endpoint.url,
        started_at=timezone.now(),
        duration=timedelta(0),
        answer=HOSTILE,
        error=HOSTILE,
    )
    webhooks = [endpoint, delivery]
    return [partner, company, site, datasource, connection, invitation, *webhooks, key, UserFactory(name=HOSTILE)]


def test_hostile_text_is_escaped_on_every_page(client, rows):
    client.force_login(rows[-1])
    shown = 0
    for row in rows:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        addresses = [reverse(f"{name}_changelist"), reverse(f"{name}_changelist") + "?q=script"]
        addresses += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]
        for address in [*addresses, reverse("admin:index")]:
            answer = client.get(address, follow=True)
            content = answer.content.decode()
            assert answer.status_code == 200, address
            assert SCRIPT not in content, address
            assert "<img src=x" not in content, address
            assert "49" not in content or "{{ 7*7 }}" in content, address
            shown += "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert shown > len(rows)


def test_autocomplete_returns_hostile_text_as_json(client, rows):
    client.force_login(rows[-1])
    query = {"app_label": "companies", "model_name": "site", "field_name": "company", "term": "script"}
    answer = client.get("/admin/autocomplete/", query)
    assert answer["Content-Type"] == "application/json"
    assert [result["text"] for result in answer.json()["results"]] == [HOSTILE]


def test_cross_site_post_is_refused(rows):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(rows[-1])
    key = rows[-2]
    for page in ("change", "revoke"):
        address = reverse(f"admin:companies_apikey_{page}", args=[key.pk])
        for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            assert browser.post(address, {"name": "x", "confirmed": "yes"}, headers=headers).status_code == 403
    key.refresh_from_db()
    assert (key.name, key.revoked_at) == (HOSTILE, None)
