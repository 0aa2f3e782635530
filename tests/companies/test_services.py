"""Partners' keys, companies and sites."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from companies.models import ApiKey, Company, Scope, find_api_key, hash_api_key, partner_scopes
from companies.services.companies import create_company, create_site, sites_of, update_company, update_site
from companies.services.partners import issue_api_key, record_api_key_use, revoke_api_key
from config.exceptions import InvalidField
from tests.factories import CompanyFactory, PartnerFactory, SiteFactory, UserFactory, let_expire, make_api_key


def test_a_key_is_a_word_to_know_it_by_and_256_random_bits(db):
    key, value = issue_api_key(PartnerFactory(), name="Billing")

    assert re.fullmatch(r"lk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", value)
    assert value.startswith(f"{key.prefix}_")
    assert len({issue_api_key(key.partner, name="x")[1] for _ in range(20)}) == 20


def test_only_a_hash_of_the_key_is_kept(db):
    key, value = issue_api_key(PartnerFactory(), name="Billing")

    stored = ApiKey.objects.values().get()

    assert value not in str(stored)
    assert value.removeprefix(key.prefix + "_") not in str(stored) + str(key) + repr(key)
    assert bytes(stored["secret_hash"]) == hash_api_key(value)


def test_a_key_may_do_everything_but_a_collectors_work_unless_told_otherwise(db):
    ordinary, _ = issue_api_key(PartnerFactory(), name="Ordinary")
    collector, _ = issue_api_key(ordinary.partner, name="Collector", scopes=[Scope.CREDENTIALS_READ])
    nothing, _ = issue_api_key(ordinary.partner, name="Nothing", scopes=[])

    assert ordinary.scopes == partner_scopes()
    assert not {Scope.CREDENTIALS_READ, Scope.CONNECTIONS_STATUS} & set(ordinary.scopes)
    assert (collector.scopes, nothing.scopes) == (["credentials:read"], [])


def test_a_scope_that_does_not_exist_is_refused(db):
    with pytest.raises(InvalidField) as refusal:
        issue_api_key(PartnerFactory(), name="x", scopes=["invitations:read", "everything"])

    assert refusal.value.field == ("scopes",)
    assert not ApiKey.objects.exists()


def test_who_issued_a_key_is_remembered(db):
    staff = UserFactory()

    key, _ = issue_api_key(PartnerFactory(), name="x", created_by=staff)

    assert key.created_by == staff


def test_a_key_opens_until_it_is_revoked_or_over(db):
    key, value = make_api_key(PartnerFactory())
    assert find_api_key(value) == key

    let_expire()
    assert find_api_key(value) is None
    assert not ApiKey.objects.get().is_active

    ApiKey.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert find_api_key(value) == key
    assert ApiKey.objects.get().is_active

    revoke_api_key(key)
    assert find_api_key(value) is None
    assert not ApiKey.objects.get().is_active


def test_revoked_again_a_key_stays_as_it_was(db):
    key, _ = make_api_key(PartnerFactory())

    first = revoke_api_key(key).revoked_at

    assert revoke_api_key(key).revoked_at == first


def test_two_keys_overlap(db):
    partner = PartnerFactory()
    (old, old_value), (_, new_value) = make_api_key(partner), make_api_key(partner)

    assert find_api_key(old_value)
    assert find_api_key(new_value)
    revoke_api_key(old)
    assert find_api_key(new_value)


def test_the_company_of_the_path_comes_along_if_it_is_the_partners(company):
    partner, value = company.partner, make_api_key(company.partner)[1]
    companies = [company, *CompanyFactory.create_batch(3, partner=partner)]

    def company_beside_the_key(company_id: UUID) -> Company | None:
        return getattr(find_api_key(value, company_id=company_id), "company", None)

    assert [company_beside_the_key(each.pk) for each in companies] == companies
    assert company_beside_the_key(CompanyFactory().pk) is None
    assert company_beside_the_key(uuid4()) is None


def test_uses_within_a_minute_are_one_write(db, django_assert_num_queries):
    key, _ = make_api_key(PartnerFactory())

    with django_assert_num_queries(1):
        record_api_key_use(key)
    key.refresh_from_db()
    with django_assert_num_queries(0):
        record_api_key_use(key)
    key.last_used_at -= timedelta(minutes=1, seconds=1)
    with django_assert_num_queries(1):
        record_api_key_use(key)


def test_a_company_and_its_sites_are_made_and_changed(db):
    partner = PartnerFactory()

    company = create_company(partner, name="Bakery", reply_to="energy@bakery.example")
    site = create_site(company, name="Main", address="1 Mill Lane")
    update_company(company, name="Bakeries", reply_to=None)
    update_site(site, address="")

    company.refresh_from_db()
    site.refresh_from_db()
    assert (company.partner, company.name, company.locale, company.reply_to) == (partner, "Bakeries", "en", None)
    assert (site.company, site.name, site.address) == (company, "Main", "")


@pytest.mark.parametrize("locale", ["", "e", "de_AT", "not a language", "en-" + "x" * 40, "en\n", "<b>"])
def test_a_language_is_named_by_a_tag(company, locale):
    for act in (
        lambda: create_company(company.partner, name="x", locale=locale),
        lambda: update_company(company, locale=locale),
    ):
        with pytest.raises(InvalidField) as refusal:
            act()
        assert refusal.value.field == ("locale",)
    assert Company.objects.get().locale == "en"
    assert update_company(company, locale="de-AT").locale == "de-AT"


def test_no_change_moves_no_time(company):
    before = company.updated_at
    update_company(company)
    company.refresh_from_db()
    assert company.updated_at == before


def test_a_change_moves_the_time_of_change_and_nothing_else(company):
    before = company.updated_at

    update_company(company, external_id="7")

    company.refresh_from_db()
    assert company.updated_at > before
    assert company.created_at <= before


@pytest.mark.parametrize("factory", [PartnerFactory, CompanyFactory, SiteFactory])
def test_everything_has_a_name(db, factory):
    with pytest.raises(IntegrityError), transaction.atomic():
        factory(name="")


def test_sites_come_in_the_order_asked_for_and_once(company):
    one, two = SiteFactory.create_batch(2, company=company)

    assert sites_of(company, [two.pk, one.pk, two.pk], field=("sites",)) == [two, one]
    assert sites_of(company, [], field=("sites",)) == []


def test_a_site_of_another_company_is_named_by_its_place(company):
    mine, other = SiteFactory(company=company), SiteFactory(company__partner=company.partner)

    with pytest.raises(InvalidField) as refusal:
        sites_of(company, [mine.pk, other.pk], field=("prefill", "sites"))

    assert refusal.value.field == ("prefill", "sites", 1)
