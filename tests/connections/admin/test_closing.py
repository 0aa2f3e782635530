"""Staff disable and delete connections, archive sites, and deactivate companies."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from companies.models import Company, Site
from connections.models import Connection
from tests.connections.admin.pages import listed, page_of, words
from tests.factories import CompanyFactory, SiteFactory, UserFactory, make_connection

pytestmark = pytest.mark.django_db


def url(row, page):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def test_disabling_is_confirmed_and_logged(admin_client, company):
    row = make_connection(company)

    assert url(row, "disable") in page_of(admin_client, row)
    question = words(admin_client.get(url(row, "disable")))
    assert Connection.objects.get().status == "PENDING"
    assert f"Disable {row.provider_name}, {company}" in question
    long = admin_client.post(url(row, "disable"), {"reason": "x" * 501})
    assert (long.status_code, Connection.objects.get().status) == (200, "PENDING")
    admin_client.post(url(row, "disable"), {"reason": "Sold"})

    page = page_of(admin_client, row)
    assert url(row, "disable") not in page
    assert "Invite to repair" in page
    assert "Detail: Sold" in page
    event = row.events.get(type="STATUS_CHANGED")
    assert (event.actor, event.user) == ("STAFF", LogEntry.objects.get().user)
    assert LogEntry.objects.get().change_message == "Disabled. The login details were deleted."


def test_deleted_connection_keeps_its_page(admin_client, company):
    row = make_connection(company)

    assert admin_client.post(url(row, "delete")).url == url(row, "change")

    assert listed(admin_client) == []
    export = admin_client.get(reverse("admin:connections_connection_export"))
    assert str(row.pk) not in export.getvalue().decode()
    # the company is the only match
    found = admin_client.get(reverse("admin:invitations_invitation_search"), {"q": row.company.name})
    assert found.url == url(row.company, "change")
    assert "Login details deleted" in page_of(admin_client, row)
    assert "Invite to repair" not in page_of(admin_client, row)
    assert admin_client.post(url(row, "delete")).status_code == 302
    assert row.events.filter(type="DELETED").count() == 1


def test_only_administrators_close_connections(client, company):
    row = make_connection(company)
    statuses = {}
    for name in ("Viewer", "Inviter", "Administrator"):
        user = UserFactory(is_superuser=False, is_staff=True)
        user.groups.add(Group.objects.get(name=name))
        client.force_login(user)
        statuses[name] = [client.get(url(row, page)).status_code for page in ("disable", "delete")]
    limited = UserFactory(is_superuser=False, is_limited=True)
    limited.groups.add(Group.objects.get(name="Administrator"))
    limited.companies.add(CompanyFactory())
    client.force_login(limited)

    assert statuses == {"Viewer": [403, 403], "Inviter": [403, 403], "Administrator": [200, 200]}
    assert client.post(url(row, "delete")).status_code in (302, 404)
    assert Connection.objects.get().status == "PENDING"


def test_site_is_archived_and_restored(admin_client, company):
    site = SiteFactory(company=company)
    sites = reverse("admin:companies_site_changelist")

    def shown(**query):
        return list(admin_client.get(sites, query).context["cl"].result_list)

    admin_client.post(url(site, "archive"))
    assert (shown(), shown(archived="yes")) == ([], [site])
    admin_client.post(url(site, "restore"))

    assert shown() == [site]
    assert Site.objects.get().archived_at is None


def test_company_is_deactivated(admin_client, company):
    row = make_connection(company)

    admin_client.post(url(company, "deactivate"))

    assert Company.objects.get().is_active is False
    assert row.events.latest("pk").actor == "STAFF"
    assert Connection.objects.get().status == "COMPANY_INACTIVE"
    admin_client.post(url(company, "change"), {"name": "Renamed", "locale": "en"})
    assert Company.objects.get().is_active is False
    admin_client.post(url(company, "activate"))
    assert Connection.objects.get().status == "PENDING"
