"""Querysets whose SQL is written once."""

import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from companies.models import Company, Site
from config.db.compiled_queries import compiled
from tests.factories import CompanyFactory, SiteFactory


@compiled
def sites(company_id: UUID) -> models.QuerySet[Site]:
    return Site.objects.filter(company=company_id).select_related("company__partner").order_by("pk")


@compiled
def twice(company_id: UUID, site_id: UUID) -> models.QuerySet[Company]:
    return Company.objects.filter(models.Q(pk=company_id) | models.Q(sites__pk=site_id), ~models.Q(pk=site_id))


@pytest.fixture
def companies(db: None) -> list[Company]:
    companies = CompanyFactory.create_batch(3)
    for company in companies:
        SiteFactory.create_batch(2, company=company)
    return companies


def test_rows_match_the_queryset(companies: list[Company]) -> None:
    for company in companies * 2:
        assert sites(company_id=company.pk) == list(company.sites.order_by("pk"))


def test_select_related_rows_are_included(companies: list[Company]) -> None:
    for company in companies:
        with CaptureQueriesContext(connection) as queries:
            partners = {site.company.partner for site in sites(company_id=company.pk)}
        assert partners == {company.partner}
        assert len(queries) == 1


def test_models_are_complete(companies: list[Company]) -> None:
    def shown(model: models.Model) -> tuple[object, ...]:
        values = {name: value for name, value in vars(model).items() if name != "_state"}
        return values, model._state.adding, model._state.db, model._state.fields_cache

    for company in companies:
        found = sites(company_id=company.pk)
        expected = company.sites.select_related("company__partner").order_by("pk")
        for site, same in zip(found, expected, strict=True):
            assert shown(site) == shown(same)
            assert shown(site.company) == shown(same.company)
            assert shown(site.company.partner) == shown(same.company.partner)


def test_argument_may_appear_several_times(companies: list[Company]) -> None:
    first, second, _ = companies
    site = second.sites.first()
    assert site is not None
    assert set(twice(company_id=first.pk, site_id=site.pk)) == {first, second}
    assert twice(company_id=uuid4(), site_id=uuid4()) == []


def test_rows_are_read_again(companies: list[Company]) -> None:
    (company, *_) = companies
    sites(company_id=company.pk)
    company.sites.update(name="Renamed")
    assert {site.name for site in sites(company_id=company.pk)} == {"Renamed"}


def test_argument_names_are_checked(db: None) -> None:
    with pytest.raises(TypeError, match="sites takes company_id"):
        sites(site_id=uuid4())


def test_unused_argument_is_an_error(db: None) -> None:
    @compiled
    def forgetful(company_id: UUID) -> models.QuerySet[Site]:
        return Site.objects.all()

    with pytest.raises(TypeError, match="does not contain company_id"):
        forgetful(company_id=uuid4())


@pytest.fixture
def many(transactional_db: None) -> list[Company]:
    return [SiteFactory.create().company for _ in range(20)]


def test_threads_get_their_own_rows(many: list[Company]) -> None:
    def look(company: Company) -> bool:
        try:
            return all(sites(company_id=company.pk) == list(company.sites.all()) for _ in range(20))
        finally:
            connection.close()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # switch threads as often as possible
    try:
        with ThreadPoolExecutor(10) as pool:
            assert all(pool.map(look, many))
    finally:
        sys.setswitchinterval(interval)
