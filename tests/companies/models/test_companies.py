import pytest
from django.db import IntegrityError, transaction

from companies.models import Company, Site
from tests.factories import CompanyFactory, PartnerFactory, SiteFactory


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


def test_partner_sees_own_rows_only(company):
    site = SiteFactory(company=company)
    SiteFactory(company=CompanyFactory())

    assert list(Company.objects.visible_to(company.partner)) == [company]
    assert list(Site.objects.visible_to(company.partner)) == [site]
    assert not Company.objects.visible_to(PartnerFactory()).exists()
