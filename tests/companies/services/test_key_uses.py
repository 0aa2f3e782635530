from datetime import timedelta

import pytest
from django.utils import timezone

from companies.models import ApiKey, ApiKeyUse
from companies.services import key_uses
from companies.services.key_uses import MAX_NETWORKS, delete_old_uses, record_api_key_use
from tests.factories import PartnerFactory, make_api_key

OFFICE, ABROAD = "203.0.113.0/24", "2001:db8:1::/48"


@pytest.fixture
def key(db, monkeypatch) -> ApiKey:
    forget_recent(monkeypatch)
    return make_api_key(PartnerFactory())[0]


def forget_recent(monkeypatch) -> None:
    """As if another process went on, or a minute had passed."""
    monkeypatch.setattr(key_uses, "_recent", {})


def test_network_is_written_once_a_minute(key, monkeypatch, django_assert_num_queries):
    with django_assert_num_queries(2):
        for network in (OFFICE, ABROAD) * 3:
            record_api_key_use(key, network)

    first = {use.network: use.last_at for use in key.uses.all()}
    forget_recent(monkeypatch)
    record_api_key_use(key, OFFICE)
    last = {use.network: use.last_at for use in key.uses.all()}

    assert (last[OFFICE] > first[OFFICE], last[ABROAD] == first[ABROAD], len(last)) == (True, True, 2)


def test_days_have_rows_of_their_own(key, monkeypatch):
    record_api_key_use(key, OFFICE)
    key.uses.update(day=timezone.now().date() - timedelta(days=1))
    forget_recent(monkeypatch)
    record_api_key_use(key, OFFICE)

    assert key.uses.count() == 2


def test_networks_of_a_day_are_bounded(key, monkeypatch):
    now = timezone.now()
    known = [f"10.0.{number}.0/24" for number in range(MAX_NETWORKS)]
    fields = {"api_key": key, "day": now.date(), "first_at": now, "last_at": now}
    ApiKeyUse.objects.bulk_create(ApiKeyUse(network=network, **fields) for network in known)

    record_api_key_use(key, OFFICE)
    record_api_key_use(key, known[0])

    assert key.uses.count() == MAX_NETWORKS
    assert key.uses.get(network=known[0]).last_at > now
    key.refresh_from_db()
    assert key.last_used_at > now


def test_uses_are_kept_for_ninety_days(key):
    today = timezone.now().date()
    for age in (89, 90, 91):
        moment = timezone.now()
        ApiKeyUse.objects.create(
            api_key=key, day=today - timedelta(days=age), network=OFFICE, first_at=moment, last_at=moment
        )

    assert delete_old_uses() == 1
