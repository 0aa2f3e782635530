"""The first page of the admin: connections, and what needs attention."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.admin import changelist
from connections.counts import BROKEN
from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.admin.attention import Attention
from invitations.admin.dashboard import overview
from invitations.models import Delivery, DeliveryStatus, Invitation
from tests.factories import make_connection, make_invitation
from tests.invitations.admin.overviews import age, in_list, links, open_it, shown, table, tiles
from tests.invitations.admin.pages import words


def test_connections_are_counted_by_status_as_the_list_does(admin_client, company):
    for status, number in {ConnectionStatus.CONNECTED: 3, ConnectionStatus.PENDING: 2, BROKEN[0]: 1}.items():
        for _ in range(number):
            account = make_connection(company)
            Connection.objects.filter(pk=account.pk).update(status=status)

    page = shown(admin_client)

    assert list(table(page, "connections").items()) == [
        ("Connected", "3"),
        ("Waiting to be checked", "2"),
        (BROKEN[0].label, "1"),
    ]
    for address, number in links(page):
        assert str(in_list(admin_client, address)) == number


@pytest.mark.parametrize("status", ConnectionStatus)
def test_a_connection_is_broken_when_somebody_has_to_do_something(admin_client, company, status):
    make_connection(company)
    Connection.objects.update(status=status)

    address, number = tiles(shown(admin_client))["Broken connections"]

    works = {"CONNECTED", "PENDING", "UNDER_INVESTIGATION", "COMPANY_INACTIVE"}
    assert number == ("0" if status.value in works else "1")
    assert str(in_list(admin_client, address)) == number


def test_what_needs_attention_and_the_lists_behind_it_agree(admin_client, company):
    failed = make_invitation(company, allowed_emails=["a@example.com"])
    Delivery.objects.create(invitation=failed, email="a@example.com", status=DeliveryStatus.BOUNCED)
    for days in (-1, 3, 6, 8):
        soon = make_invitation(company)
        age(soon, 20)
        Invitation.objects.filter(pk=soon.pk).update(expires_at=timezone.now() + timedelta(days=days))
    open_it(failed)

    found = tiles(shown(admin_client))

    assert {name: found[name][1] for name, _ in overview.ATTENTION.values()} == {
        "Mail failed": "1",
        "Expiring in 7 days": "2",
        "Opened but not finished": "1",
    }
    for kind, (name, _) in overview.ATTENTION.items():
        address, number = found[name]
        assert f"attention={kind.value}" in address
        assert str(in_list(admin_client, address)) == number


def test_every_kind_of_attention_is_on_the_page():
    assert set(overview.ATTENTION) == set(Attention)


def test_nothing_is_counted_further_than_a_list_counts(admin_client, company, monkeypatch):
    monkeypatch.setattr(changelist, "MOST_COUNTED", 2)
    monkeypatch.setattr(overview, "MOST_COUNTED", 2)
    monkeypatch.setattr(overview, "MOST_WANTING", 1)
    for _ in range(4):
        open_it(make_invitation(company))
        make_connection(company)
    Connection.objects.update(status=BROKEN[0])

    page = shown(admin_client)

    assert table(page, "connections") == {BROKEN[0].label: "2+"}
    assert tiles(page)["Opened but not finished"][1] == tiles(page)["Broken connections"][1] == "1+"
    assert "more than 2 connections" in words(
        admin_client.get(reverse("admin:connections_connection_changelist"), {"status": "broken"})
    )
