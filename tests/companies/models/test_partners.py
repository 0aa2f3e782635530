from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from companies.models import ApiKey, Partner, find_api_key, key_finder
from companies.services.partners import revoke_api_key
from tests.factories import CompanyFactory, PartnerFactory, let_expire, make_api_key


def test_database_refuses_invalid_keys(db):
    make_api_key(PartnerFactory())
    wrong = {
        "api_key_scopes": {"scopes": ["invitations:read", "everything"]},
        "api_key_expires_later": {"expires_at": F("created_at")},
        "api_key_prefix": {"prefix": "sk_"},
        "api_key_has_a_name": {"name": ""},
    }
    for constraint, changes in wrong.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            ApiKey.objects.update(**changes)


def test_database_requires_https_redirects(db):
    PartnerFactory()
    for url in ("http://a.example/", "javascript:alert(1)", "", "https://", "https://a.example b"):
        for urls in ([url], ["https://a.example/?b=c,d", url], [url, "https://a.example/"]):
            with pytest.raises(IntegrityError, match="partner_redirect_urls"), transaction.atomic():
                Partner.objects.update(redirect_urls=urls)
    Partner.objects.update(redirect_urls=["https://a.example/?b=c,d", "https://b.example/{e}"])


def test_database_requires_origins_for_embedding(db):
    PartnerFactory()
    for origin in (
        "*",
        "",
        "https://*.a.example",
        "https://a.example/",
        "https://a.example; script-src *",
        "https://a\nb",
    ):
        with pytest.raises(IntegrityError, match="partner_embedding_origins"), transaction.atomic():
            Partner.objects.update(embedding_origins=["https://b.example", origin])
    Partner.objects.update(embedding_origins=["https://a.example:8443", "http://localhost:3000"])


def test_find_api_key_finds_active_keys_only(db):
    key, value = make_api_key(PartnerFactory())

    def state():
        return find_api_key(value) == key, ApiKey.objects.get().is_active

    states = [state()]
    let_expire()
    states.append(state())
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    states.append(state())
    revoke_api_key(key)
    states.append(state())

    assert states == [(True, True), (False, False), (True, True), (False, False)]


def test_keys_of_a_partner_overlap(db):
    partner = PartnerFactory()
    (old, old_value), (_, new_value) = make_api_key(partner), make_api_key(partner)

    assert find_api_key(old_value)
    revoke_api_key(old)
    assert find_api_key(new_value)


def test_find_api_key_adds_own_company_only(company):
    value = make_api_key(company.partner)[1]
    companies = [company, *CompanyFactory.create_batch(3, partner=company.partner)]
    tried_out = CompanyFactory(partner=company.partner, is_live=False)
    ids = [*(each.pk for each in companies), tried_out.pk, CompanyFactory().pk, uuid4()]

    def found(value):
        return [getattr(find_api_key(value, company_id=company_id), "company", None) for company_id in ids]

    assert found(value) == [*companies, None, None, None]
    limited = make_api_key(company.partner, company_ids=[company.pk])[1]
    assert found(limited) == [company, *[None] * 6]


def test_statement_beside_key_must_limit_companies():
    with pytest.raises(ValueError, match="SEEN_BY_FOUND_KEY"):
        key_finder("SELECT name FROM companies_company WHERE id = %(company)s", "company")
