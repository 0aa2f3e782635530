"""Companies, networks and expiry of API keys on pages of the admin."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from companies.models import ApiKey, Scope
from companies.services.key_uses import record_api_key_use
from companies.services.partners import update_api_key
from config.exceptions import InvalidField
from tests.companies.admin.pages import words
from tests.factories import CompanyFactory, make_api_key


def save(client, key, **data):
    return client.post(reverse("admin:companies_apikey_change", args=[key.pk]), {"name": key.name} | data)


def test_new_key_is_limited_to_companies(admin_client, company):
    data = {"partner": company.partner_id, "name": "Billing", "scopes": [Scope.COMPANIES_READ]}

    admin_client.post(reverse("admin:companies_apikey_add"), data | {"companies": [company.pk]})

    assert ApiKey.objects.get().company_ids == [company.pk]


def test_limit_changes_and_is_logged(admin_client, company):
    key, other = make_api_key(company.partner)[0], CompanyFactory(partner=company.partner)

    def limited_to(*companies):
        save(admin_client, key, companies=[each.pk for each in companies])
        key.refresh_from_db()
        return key.company_ids

    assert [limited_to(company), limited_to(company, other), limited_to()] == [[company.pk], [company.pk, other.pk], []]
    assert {entry.get_change_message() for entry in LogEntry.objects.all()} == {"Changed Companies."}


def test_companies_of_others_are_named(admin_client, company):
    key = make_api_key(company.partner)[0]
    strange, tried_out = CompanyFactory(), CompanyFactory(partner=company.partner, is_live=False)

    response = save(admin_client, key, companies=[company.pk, strange.pk, tried_out.pk])

    (error,) = response.context["adminform"].form.errors["companies"]
    assert error.startswith("Remove what is not of this partner and mode: ")
    assert [each.name in error for each in (company, strange, tried_out)] == [False, True, True]
    assert ApiKey.objects.get().company_ids == []


def test_collector_key_only_loses_companies(company):
    ids = [company.pk, CompanyFactory(partner=company.partner).pk]
    key = make_api_key(company.partner, scopes=[Scope.CREDENTIALS_READ], company_ids=ids)[0]
    update_api_key(key, company_ids=ids[:1])

    for wider in ([], ids):
        with pytest.raises(InvalidField, match="can only lose companies"):
            update_api_key(key, company_ids=wider)
    assert ApiKey.objects.get().company_ids == ids[:1]


def test_page_shows_networks(admin_client, company):
    key = make_api_key(company.partner)[0]
    record_api_key_use(key, "203.0.113.0/24")

    assert "203.0.113.0/24" in words(admin_client.get(reverse("admin:companies_apikey_change", args=[key.pk])))


def test_filters_find_keys_near_expiry(company):
    now = timezone.now()
    ages = {
        "next week": (7, 0),
        "in three weeks": (21, 0),
        "yesterday": (-1, -1.5),
        "unused": (-1, -20),
        "old": (-8, -8),
    }
    for name, (expires, used) in ages.items():
        key = make_api_key(company.partner, name=name)[0]
        dates = {"expires_at": now + timedelta(days=expires), "last_used_at": now + timedelta(days=used)}
        ApiKey.objects.filter(pk=key.pk).update(created_at=now - timedelta(days=30), **dates)

    assert [key.name for key in ApiKey.objects.expiring()] == ["next week"]
    assert [key.name for key in ApiKey.objects.expired_in_use()] == ["yesterday"]
