"""Partners are made and changed, and their keys renamed, by services."""

from datetime import timedelta

import pytest
from django.utils import timezone

from companies.models import ApiKey, Partner
from companies.services.partners import create_partner, issue_api_key, rename_api_key, revoke_api_key, update_partner
from config.exceptions import InvalidField
from tests.factories import PartnerFactory, make_api_key

THANKS = "https://partner.example.com/thanks?from=latchkey"


def refused(act):
    with pytest.raises(InvalidField) as refusal:
        act()
    return refusal.value.field


def test_a_partner_is_made_and_changed(db):
    partner = create_partner(name=" Northwind ", redirect_urls=[THANKS, THANKS])
    assert (partner.name, partner.redirect_urls) == ("Northwind", [THANKS])

    update_partner(partner, name="Northwind Energy")
    update_partner(partner, redirect_urls=[])
    partner.refresh_from_db()
    assert (partner.name, partner.redirect_urls) == ("Northwind Energy", [])


def test_a_change_of_one_thing_leaves_what_somebody_else_changed_meanwhile(db):
    partner = PartnerFactory(name="Northwind")
    stale = Partner.objects.get()
    update_partner(partner, redirect_urls=[THANKS])

    update_partner(stale, name="Southwind")

    partner.refresh_from_db()
    assert (partner.name, partner.redirect_urls) == ("Southwind", [THANKS])


@pytest.mark.parametrize(
    "url",
    [
        *("http://partner.example.com", "javascript:alert(1)", "ftp://x.example", "partner.example.com", "", " "),
        *("https://", "https://partner.example.com/\nX: y", "https://" + "x" * 500 + ".example"),
    ],
)
def test_contributors_go_on_to_https_addresses_only(db, url):
    partner = PartnerFactory()
    assert refused(lambda: create_partner(name="x", redirect_urls=[THANKS, url])) == ("redirect_urls", 1)
    assert refused(lambda: update_partner(partner, redirect_urls=[url])) == ("redirect_urls", 0)
    assert Partner.objects.get().redirect_urls == []


@pytest.mark.parametrize("name", ["", "  "])
def test_partners_and_keys_have_names(db, name):
    partner = PartnerFactory()
    key, _ = make_api_key(partner, name="Billing")
    for act in (
        lambda: create_partner(name=name),
        lambda: update_partner(partner, name=name),
        lambda: issue_api_key(partner, name=name),
        lambda: rename_api_key(key, name=name),
    ):
        assert refused(act) == ("name",)
    assert (Partner.objects.count(), ApiKey.objects.get().name) == (1, "Billing")


def test_a_key_is_renamed_and_nothing_else_of_it_changes(db):
    key, _ = make_api_key(PartnerFactory(), name="Old")
    stale = ApiKey.objects.get()
    revoke_api_key(key)
    before = ApiKey.objects.values().get()

    rename_api_key(stale, name="New")

    assert ApiKey.objects.values().get() == before | {"name": "New"}


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_a_key_that_would_be_over_at_once_is_refused(db, seconds):
    past = timezone.now() - timedelta(seconds=seconds)
    assert refused(lambda: issue_api_key(PartnerFactory(), name="x", expires_at=past)) == ("expires_at",)
    assert not ApiKey.objects.exists()
