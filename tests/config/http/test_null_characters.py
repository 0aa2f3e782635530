"""NUL characters in query strings, which PostgreSQL does not accept."""

from urllib.parse import quote

import pytest
from django.urls import reverse

from tests.companies.refusals import wrong_fields
from tests.factories import CompanyFactory

TERMS = ("\x00", "a\x00b", "%\x00")


@pytest.mark.parametrize("field", ["companies.site.company", "companies.company.partner"])
def test_autocomplete_ignores_null_characters(admin_client, field):
    app_label, model_name, field_name = field.split(".")
    CompanyFactory(name="ab", partner__name="ab")
    for term in TERMS:
        query = {"app_label": app_label, "model_name": model_name, "field_name": field_name, "term": term}
        assert admin_client.get(reverse("admin:autocomplete"), query).status_code == 200


def test_admin_lists_ignore_null_characters(admin_client, company):
    for name in ("companies_company", "connections_connection", "invitations_invitation"):
        for term in TERMS:
            query = {"q": term, "status": term, "company": term}
            response = admin_client.get(reverse(f"admin:{name}_changelist"), query)
            assert response.status_code in {200, 302}


def test_escaped_percent_signs_form_no_null(admin_client, company):
    url = reverse("admin:companies_company_changelist")
    for query in ("%%0000", "%2500", "%00%00", "%0%000"):
        assert admin_client.get(f"{url}?q={query}").status_code == 200


def test_api_rejects_null_characters(api):
    assert wrong_fields(api.get(f"datasource?query={quote('a' + chr(0))}")) == ["?query"]
