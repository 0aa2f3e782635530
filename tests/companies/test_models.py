"""Members of staff, and who sees what."""

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.db.models import F

from companies.models import ApiKey, Company, Partner, Site, User
from tests.factories import CompanyFactory, PartnerFactory, SiteFactory, make_api_key


def test_staff_log_in_by_their_address_in_any_case(db, rf):
    User.objects.create_user(" Anna@Example.com ", "correct horse battery")

    assert User.objects.get().email == "anna@example.com"
    assert authenticate(rf.post("/"), username="ANNA@example.COM", password="correct horse battery")
    assert authenticate(rf.post("/"), username="anna@example.com", password="another") is None


def test_the_database_keeps_addresses_of_staff_in_lower_case(db):
    user = User.objects.create_user("anna@example.com")

    with pytest.raises(IntegrityError, match="user_email_is_lower_case"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(email="Anna@example.com")


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("api_key_scopes", {"scopes": ["invitations:read", "everything"]}),
        ("api_key_expires_later", {"expires_at": F("created_at")}),
        ("api_key_prefix", {"prefix": "sk_"}),
        ("api_key_has_a_name", {"name": ""}),
    ],
)
def test_the_database_keeps_no_key_that_could_not_be_made(db, constraint, changes):
    make_api_key(PartnerFactory())

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ApiKey.objects.update(**changes)


@pytest.mark.parametrize("locale", ["", "e", "de_AT", "en-", "en\n", "not a language", "en-a-b-c-d"])
def test_the_database_keeps_the_language_of_a_company(company, locale):
    with pytest.raises(IntegrityError, match="company_locale"), transaction.atomic():
        Company.objects.update(locale=locale)
    Company.objects.update(locale="zh-Hant-TW")


@pytest.mark.parametrize("url", ["http://a.example/", "javascript:alert(1)", "", "https://", "https://a.example b"])
def test_the_database_leads_contributors_on_to_https_only(company, url):
    for urls in ([url], ["https://a.example/?b=c,d", url], [url, "https://a.example/"]):
        with pytest.raises(IntegrityError, match="partner_redirect_urls"), transaction.atomic():
            Partner.objects.update(redirect_urls=urls)
    Partner.objects.update(redirect_urls=["https://a.example/?b=c,d", "https://b.example/{e}"])


def test_a_superuser_may_do_everything_and_an_ordinary_one_nothing_yet(db):
    chief = User.objects.create_superuser("chief@example.com", "correct horse battery")
    other = User.objects.create_user("other@example.com", "correct horse battery")

    assert (chief.is_staff, chief.is_superuser) == (True, True)
    assert (other.is_staff, other.is_superuser) == (True, False)


def test_somebody_without_a_name_is_called_by_the_address():
    assert str(User(email="anna@example.com")) == "anna@example.com"
    assert str(User(email="anna@example.com", name="Anna")) == "Anna"


def test_a_partner_sees_its_own_companies_and_sites(company):
    site = SiteFactory(company=company)
    SiteFactory(company=CompanyFactory())

    assert list(Company.objects.visible_to(company.partner)) == [company]
    assert list(Site.objects.visible_to(company.partner)) == [site]
    assert not Company.objects.visible_to(PartnerFactory()).exists()
