import re
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from companies.exceptions import CollectorKeyRefused, FreshCodeRequired
from companies.models import COLLECTOR_SCOPES, OF_COLLECTORS, ApiKey, Partner, Scope, hash_api_key, partner_scopes
from companies.services.partners import (
    create_partner,
    issue_api_key,
    revoke_api_key,
    update_api_key,
    update_partner,
)
from config.exceptions import InvalidField
from tests.factories import PartnerFactory, UserFactory, make_api_key

THANKS = "https://partner.example.com/thanks?from=latchkey"


def refused(act):
    with pytest.raises(InvalidField) as error:
        act()
    return error.value.field


def test_partner_is_created_and_updated(db):
    partner = create_partner(name=" Northwind ", redirect_urls=[THANKS, THANKS])
    assert (partner.name, partner.redirect_urls) == ("Northwind", [THANKS])

    update_partner(partner, name="Northwind Energy")
    update_partner(partner, redirect_urls=[])
    partner.refresh_from_db()
    assert (partner.name, partner.redirect_urls) == ("Northwind Energy", [])


def test_update_keeps_concurrent_changes(db):
    partner = PartnerFactory(name="Northwind")
    stale = Partner.objects.get()
    update_partner(partner, redirect_urls=[THANKS])

    update_partner(stale, name="Southwind")

    partner.refresh_from_db()
    assert (partner.name, partner.redirect_urls) == ("Southwind", [THANKS])


def test_new_embedding_origins_are_logged(db, caplog):
    partner = PartnerFactory()
    for origins in (["https://portal.example.com/", "https://b.example"], []):
        update_partner(partner, embedding_origins=origins)
    said = [record.getMessage().partition("are now ")[2] for record in caplog.records if "embedding" in record.msg]
    assert said == ["https://portal.example.com https://b.example", "none"]


def test_redirects_must_be_https(db):
    partner = PartnerFactory()
    urls = ["http://partner.example.com", "javascript:alert(1)", "ftp://x.example", "partner.example.com", "", " "]
    urls += ["https://", "https://partner.example.com/\nX: y", "https://" + "x" * 500 + ".example"]
    for url in urls:
        assert refused(lambda url=url: create_partner(name="x", redirect_urls=[THANKS, url])) == ("redirect_urls", 1)
        assert refused(lambda url=url: update_partner(partner, redirect_urls=[url])) == ("redirect_urls", 0)
    assert Partner.objects.get().redirect_urls == []


def test_partners_and_keys_need_names(db):
    partner = PartnerFactory()
    key, _ = make_api_key(partner, name="Billing")
    for name, act in (
        (" ", lambda name: create_partner(name=name)),
        ("x" * 201, lambda name: update_partner(partner, name=name)),
        (" ", lambda name: issue_api_key(partner, name=name)),
        ("x" * 101, lambda name: update_api_key(key, name=name)),
    ):
        assert refused(lambda act=act, name=name: act(name)) == ("name",)
    assert (Partner.objects.count(), ApiKey.objects.get().name) == (1, "Billing")


def test_key_value_is_random_and_hashed(db):
    key, value = issue_api_key(PartnerFactory(), name="Billing")
    stored = ApiKey.objects.values().get()

    assert re.fullmatch(r"lk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", value)
    assert value.startswith(f"{key.prefix}_")
    assert value.removeprefix(key.prefix + "_") not in str(stored) + str(key) + repr(key)
    assert bytes(stored["secret_hash"]) == hash_api_key(value)
    assert len({issue_api_key(key.partner, name="x")[1] for _ in range(20)}) == 20


def test_test_key_can_be_told_apart(partner):
    key, value = issue_api_key(partner, name="CI", is_live=False)

    assert re.fullmatch(r"lk_test_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", value)
    assert value.startswith(f"{key.prefix}_")
    assert key.prefix == value[:16]
    assert key.scopes == partner_scopes(is_live=False) == [*partner_scopes(), Scope.TEST]


def test_live_key_cannot_simulate(partner):
    assert refused(lambda: issue_api_key(partner, name="x", scopes=[Scope.TEST])) == ("scopes",)
    for fields in ({"scopes": [Scope.TEST]}, {"is_live": False}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.filter(pk=make_api_key(partner)[0].pk).update(**fields)


def test_key_has_partner_scopes_by_default(db):
    staff = UserFactory()
    key, _ = issue_api_key(PartnerFactory(), name="Ordinary", created_by=staff)
    collector, _ = issue_api_key(key.partner, name="Collector", scopes=[Scope.CREDENTIALS_READ])
    nothing, _ = issue_api_key(key.partner, name="Nothing", scopes=[])

    assert (key.scopes, key.created_by) == (partner_scopes(), staff)
    assert not {Scope.CREDENTIALS_READ, Scope.CONNECTIONS_STATUS, Scope.WEBHOOKS_WRITE} & set(key.scopes)
    assert (collector.scopes, nothing.scopes) == (["credentials:read"], [])


def test_key_refuses_scope_and_expiry(db):
    partner = PartnerFactory()

    assert refused(lambda: issue_api_key(partner, name="x", scopes=["invitations:read", "everything"])) == ("scopes",)
    for seconds in (0, 1, 3600):
        past = timezone.now() - timedelta(seconds=seconds)
        assert refused(lambda past=past: issue_api_key(partner, name="x", expires_at=past)) == ("expires_at",)
    assert not ApiKey.objects.exists()


def test_rename_changes_nothing_else(db):
    key, _ = make_api_key(PartnerFactory(), name="Old")
    stale = ApiKey.objects.get()
    revoke_api_key(key)
    before = ApiKey.objects.values().get()

    update_api_key(stale, name="New")

    assert ApiKey.objects.values().get() == before | {"name": "New"}


def test_second_revocation_changes_nothing(db):
    key, _ = make_api_key(PartnerFactory())

    first = revoke_api_key(key).revoked_at

    assert revoke_api_key(key).revoked_at == first


def test_collector_scopes_are_exclusive(partner):
    allowed = [[Scope.CREDENTIALS_READ], [Scope.CONNECTIONS_READ, Scope.CREDENTIALS_READ, Scope.CONNECTIONS_STATUS]]
    allowed += [partner_scopes(), []]
    mixed = [[scope, other] for scope in OF_COLLECTORS for other in partner_scopes() if other not in COLLECTOR_SCOPES]
    for scopes in allowed:
        assert issue_api_key(partner, name="x", scopes=scopes)[0].scopes == scopes
    for scopes in mixed:
        assert refused(lambda scopes=scopes: issue_api_key(partner, name="x", scopes=scopes)) == ("scopes",)


def test_collector_key_needs_superuser_with_code(partner):
    ways = {
        (True, True): None,
        (True, False): FreshCodeRequired,
        (False, True): CollectorKeyRefused,
        (False, False): CollectorKeyRefused,
    }
    for (is_superuser, has_fresh_code), error in ways.items():
        how = {"created_by": UserFactory(is_superuser=is_superuser), "has_fresh_code": has_fresh_code, "name": "x"}
        assert issue_api_key(partner, **how)
        with nullcontext() if error is None else pytest.raises(error):
            issue_api_key(partner, scopes=[Scope.CREDENTIALS_READ], **how)
