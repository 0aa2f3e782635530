import pytest

from companies.models import Company, Site, World
from companies.services.companies import (
    COMPANY_CHECKS,
    SITE_CHECKS,
    create_company,
    create_site,
    sites_of,
    update_company,
    update_site,
)
from config.exceptions import InvalidField
from tests.factories import PartnerFactory, SiteFactory

BAD_LINE = "a\nBcc: b"


def refused(act):
    with pytest.raises(InvalidField) as error:
        act()
    return error.value.field


def test_company_and_site_are_created_and_updated(db):
    partner = PartnerFactory()

    company = create_company(World(partner.pk, is_live=True), name="Bakery", reply_to="energy@bakery.example")
    site = create_site(company, name=" Main ", address=" 1 Mill Lane\n")
    update_company(company, name=" Bakeries", reply_to=None)
    assert (site.name, site.address) == ("Main", "1 Mill Lane")
    update_site(site, address="")

    company.refresh_from_db()
    site.refresh_from_db()
    assert (company.partner, company.name, company.locale, company.reply_to) == (partner, "Bakeries", "en", None)
    assert (site.company, site.name, site.address) == (company, "Main", "")


def test_services_apply_their_checks(company):
    """The values belong to the validators; here one wrong value for each field."""
    site = SiteFactory(company=company)
    wrong = {"name": " ", "locale": "de_AT", "reply_to": "nobody", "external_id": BAD_LINE, "address": BAD_LINE}
    wrong["time_zone"] = "Mars/Olympus"
    for field in COMPANY_CHECKS:
        value = {"name": "x", field: wrong[field]}
        assert refused(lambda value=value: create_company(company.world, **value)) == (field,)
        assert refused(lambda field=field: update_company(company, **{field: wrong[field]})) == (field,)
    for field in SITE_CHECKS:
        value = {"name": "x", field: wrong[field]}
        assert refused(lambda value=value: create_site(company, **value)) == (field,)
        assert refused(lambda field=field: update_site(site, **{field: wrong[field]})) == (field,)
    assert (Company.objects.count(), Site.objects.count()) == (1, 1)


def test_checks_limit_lengths():
    longest = [("name", 200, COMPANY_CHECKS), ("name", 200, SITE_CHECKS), ("address", 500, SITE_CHECKS)]
    longest += [("external_id", 255, COMPANY_CHECKS), ("external_id", 255, SITE_CHECKS)]
    for field, length, checks in longest:
        assert checks[field]("x" * length) == "x" * length
        assert refused(lambda field=field, length=length, checks=checks: checks[field]("x" * (length + 1))) == (field,)


def test_reply_to_is_normalised(company):
    made = create_company(company.world, name="x", reply_to="A+b@Bücher.Example", external_id="")

    assert (made.reply_to, made.external_id) == ("a+b@xn--bcher-kva.example", None)
    assert update_company(made, reply_to="").reply_to is None
    for address in ("nobody", "junk\nBcc: a", "a@example.com\r\nBcc: b@example.com", "*@example.com"):
        assert refused(lambda address=address: COMPANY_CHECKS["reply_to"](address)) == ("reply_to",)


def test_updated_at_changes_with_content(company):
    made = create_company(company.world, name="Bakery")
    site = create_site(made, name="Main")
    for each in (Company.objects.get(pk=made.pk), Site.objects.get(pk=site.pk)):
        assert each.updated_at == each.created_at

    update_company(made)
    assert Company.objects.get(pk=made.pk).updated_at == made.created_at
    update_company(made, external_id="7")
    update_site(site, address="1 Mill Lane")

    for each in (Company.objects.get(pk=made.pk), Site.objects.get(pk=site.pk)):
        assert each.updated_at > each.created_at


def test_sites_keep_order_without_duplicates(company):
    one, two = SiteFactory.create_batch(2, company=company)

    assert sites_of(company, [two.pk, one.pk, two.pk], field=("sites",)) == [two, one]
    assert sites_of(company, [], field=("sites",)) == []


def test_foreign_site_is_named_by_index(company):
    mine, other = SiteFactory(company=company), SiteFactory(company__partner=company.partner)

    field = refused(lambda: sites_of(company, [mine.pk, other.pk], field=("prefill", "sites")))

    assert field == ("prefill", "sites", 1)
