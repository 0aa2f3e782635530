"""Companies, sites, partners, keys and staff: by the rules of the services, whoever calls them."""

from typing import Any

import pytest

from companies.models import ApiKey, Company, Partner, Site, User
from companies.services.companies import create_company, create_site, update_company, update_site
from companies.services.partners import create_partner, issue_api_key, rename_api_key, update_partner
from companies.services.staff import create_member, update_member
from config.exceptions import InvalidField
from tests.factories import PartnerFactory, SiteFactory, UserFactory, make_api_key

BAD_NAMES = ["", " ", "x" * 201, "Foo\nBcc: evil@example.com", "live\u202e", "a\x07", "\u200b", "\x01"]
BAD_LINES = ["x" * 501, "1 Mill Lane\nBath", "live\u202e", "\u200b"]


def refused(act) -> Any:
    with pytest.raises(InvalidField) as refusal:
        act()
    return refusal.value.field


@pytest.mark.parametrize("name", BAD_NAMES)
def test_everything_has_a_name_of_one_line_that_can_be_seen(company, name):
    partner, site, (key, _) = company.partner, SiteFactory(company=company), make_api_key(company.partner)
    acts = [
        lambda: create_partner(name=name),
        lambda: update_partner(partner, name=name),
        lambda: issue_api_key(partner, name=name),
        lambda: rename_api_key(key, name=name),
        lambda: create_company(partner, name=name),
        lambda: update_company(company, name=name),
        lambda: create_site(company, name=name),
        lambda: update_site(site, name=name),
    ]

    assert [refused(act) for act in acts] == [("name",)] * len(acts)
    assert (Partner.objects.count(), ApiKey.objects.count(), Company.objects.count(), Site.objects.count()) == (
        *(1, 1),
        *(1, 1),
    )


def test_a_name_has_no_blanks_around_it(company):
    site = create_site(company, name=" Main ", address=" 1 Mill Lane\n")

    assert create_company(company.partner, name="\tBakery ").name == "Bakery"
    assert update_company(company, name=" Bakeries").name == "Bakeries"
    assert (site.name, site.address) == ("Main", "1 Mill Lane")
    assert update_site(site, name="Shop ").name == "Shop"


@pytest.mark.parametrize("text", BAD_LINES)
def test_an_address_and_the_partners_own_id_are_one_line(company, text):
    site = SiteFactory(company=company)

    assert refused(lambda: create_site(company, name="x", address=text)) == ("address",)
    assert refused(lambda: update_site(site, address=text)) == ("address",)
    for act in (
        lambda: create_site(company, name="x", external_id=text),
        lambda: update_site(site, external_id=text),
        lambda: create_company(company.partner, name="x", external_id=text),
        lambda: update_company(company, external_id=text),
    ):
        assert refused(act) == ("external_id",)


@pytest.mark.parametrize("address", ["nobody", "junk\nBcc: a", "a@example.com\r\nBcc: b@example.com", "*@example.com"])
def test_answers_go_to_an_address(company, address):
    assert refused(lambda: create_company(company.partner, name="x", reply_to=address)) == ("reply_to",)
    assert refused(lambda: update_company(company, reply_to=address)) == ("reply_to",)


def test_which_is_kept_in_its_normal_form(company):
    made = create_company(company.partner, name="x", reply_to="A+b@Bücher.Example", external_id="")

    assert (made.reply_to, made.external_id) == ("a+b@xn--bcher-kva.example", None)
    assert update_company(made, reply_to="").reply_to is None


@pytest.mark.parametrize("name", ["x" * 151, "Mary\nBcc: a", "live\u202e", "\u200b"])
def test_the_name_of_a_member_of_staff_is_one_line_or_none(db, name):
    boss, mary = UserFactory(), UserFactory()

    assert refused(lambda: create_member(by=boss, email="a@example.com", password="x", name=name)) == ("name",)
    assert refused(lambda: update_member(mary, by=boss, name=name)) == ("name",)
    assert User.objects.count() == 2
    assert update_member(mary, by=boss, name="").name == ""


def test_what_was_just_made_has_not_been_changed(db):
    company = create_company(PartnerFactory(), name="Bakery")
    site = create_site(company, name="Main")

    for made in (Company.objects.get(pk=company.pk), Site.objects.get(pk=site.pk)):
        assert made.updated_at == made.created_at


def test_a_change_is_seen_in_the_time_of_change(company):
    site = create_site(company, name="Main")

    update_site(site, address="1 Mill Lane")

    changed = Site.objects.get(pk=site.pk)
    assert changed.updated_at > changed.created_at
