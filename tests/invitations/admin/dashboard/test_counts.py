"""The overview: connections by status, and the numbers that need attention."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from config.admin import changelist
from connections.admin.counts import BROKEN
from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.admin.dashboard import overview
from invitations.admin.dashboard.attention import Attention
from invitations.models import Delivery, DeliveryStatus, Invitation
from tests.factories import make_connection, make_invitation
from tests.invitations.admin.dashboard.pages import (
    age,
    links,
    list_count,
    mark_opened,
    show_overview,
    table,
    tiles,
)
from tests.invitations.admin.pages import words


def test_connections_by_status_agree_with_lists(admin_client, company):
    for status, number in {ConnectionStatus.CONNECTED: 3, ConnectionStatus.PENDING: 2, BROKEN[0]: 1}.items():
        for _ in range(number):
            account = make_connection(company)
            Connection.objects.filter(pk=account.pk).update(status=status)

    page = show_overview(admin_client)

    assert list(table(page, "connections").items()) == [
        ("Connected", "3"),
        ("Waiting to be checked", "2"),
        (BROKEN[0].label, "1"),
    ]
    for address, number in links(page):
        assert str(list_count(admin_client, address)) == number


def test_broken_statuses_agree_with_the_list(admin_client, company):
    """Each status that staff or the contributor can resolve."""
    for status in ConnectionStatus:
        row = make_connection(company)
        Connection.objects.filter(pk=row.pk).update(status=status)

    url, number = tiles(show_overview(admin_client))["Broken connections"]

    working = {"CONNECTED", "PENDING", "UNDER_INVESTIGATION", "COMPANY_INACTIVE", "DISABLED"}
    assert {status.value for status in BROKEN} == {status.value for status in ConnectionStatus} - working
    assert str(list_count(admin_client, url)) == number == str(len(BROKEN))


def test_attention_agrees_with_its_lists(admin_client, company):
    failed = make_invitation(company, allowed_emails=["a@example.com"])
    Delivery.objects.create(invitation=failed, email="a@example.com", status=DeliveryStatus.BOUNCED)
    for days in (-1, 3, 6, 8):
        soon = make_invitation(company)
        age(soon, 20)
        Invitation.objects.filter(pk=soon.pk).update(expires_at=timezone.now() + timedelta(days=days))
    mark_opened(failed)

    found = tiles(show_overview(admin_client))

    assert {kind: found[kind.label][1] for kind in Attention} == {
        Attention.LINK_REQUESTED: "0",
        Attention.MAIL_FAILED: "1",
        Attention.EXPIRING: "2",
        Attention.UNFINISHED: "1",
        Attention.NOT_OPENED: "4",
    }
    for kind in Attention:
        url, number = found[kind.label]
        assert f"attention={kind.value}" in url
        assert str(list_count(admin_client, url)) == number


def test_counts_stop_at_their_limits(admin_client, company, monkeypatch):
    monkeypatch.setattr(changelist, "MOST_COUNTED", 2)
    monkeypatch.setattr(overview, "MOST_COUNTED", 2)
    monkeypatch.setattr(overview, "MAX_ATTENTION", 1)
    for _ in range(4):
        mark_opened(make_invitation(company))
        make_connection(company)
    Connection.objects.update(status=BROKEN[0])

    page = show_overview(admin_client)

    assert table(page, "connections") == {BROKEN[0].label: "2+"}
    assert tiles(page)["Opened but not finished"][1] == tiles(page)["Broken connections"][1] == "1+"
    assert "more than 2 connections" in words(
        admin_client.get(reverse("admin:connections_connection_changelist"), {"status": "broken"})
    )
