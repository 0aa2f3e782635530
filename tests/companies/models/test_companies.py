import pytest
from django.db import IntegrityError, transaction

from companies.models import Company, Site
from tests.factories import CompanyFactory, PartnerFactory, SiteFactory, make_api_key


def is_stored(**changes):
    try:
        with transaction.atomic():
            return bool(Company.objects.update(**changes))
    except IntegrityError:
        return False


def test_database_requires_language_tag(company):
    wanted = dict.fromkeys(["", "e", "de_AT", "en-", "en\n", "not a language", "en-a-b-c-d"], False)
    wanted["zh-Hant-TW"] = True

    assert {locale: is_stored(locale=locale) for locale in wanted} == wanted


def test_database_requires_names(db):
    for factory in (PartnerFactory, CompanyFactory, SiteFactory):
        with pytest.raises(IntegrityError), transaction.atomic():
            factory(name="")


def test_key_sees_own_rows_only(company):
    """Rows of the key's partner and mode, and of the companies to which it is limited."""
    partner, other = company.partner, CompanyFactory(partner=company.partner)
    site, tried_out = SiteFactory(company=company), SiteFactory(company__partner=partner, company__is_live=False)
    SiteFactory()
    key, limited = (make_api_key(partner, company_ids=ids)[0] for ids in ([], [other.pk]))
    rehearsal = make_api_key(partner, is_live=False)[0]

    for caller, companies, sites in (
        (key, {company, other}, {site}),
        (limited, {other}, set()),
        (rehearsal, {tried_out.company}, {tried_out}),
        (make_api_key(PartnerFactory())[0], set(), set()),
    ):
        assert set(Company.objects.visible_to(caller)) == companies
        assert set(Site.objects.visible_to(caller)) == sites
