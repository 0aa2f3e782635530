"""Test rows are told apart from live ones, and left out unless staff ask for them."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from connections.admin.counts import count_by_status
from connections.models.status import Status
from invitations.admin.create.offers import label
from invitations.admin.dashboard.funnel import Step, funnel
from invitations.admin.dashboard.overview import Overview
from invitations.models import Delivery, DeliveryStatus
from invitations.services.delivery.failed import failed_mails
from tests.companies.admin.pages import may
from tests.factories import CompanyFactory, SiteFactory, UserFactory, make_connection, make_invitation

LISTS = {
    "companies_company": "pk",
    "companies_site": "company_id",
    "connections_connection": "company_id",
    "invitations_invitation": "company_id",
}


@pytest.fixture
def companies(db):
    """A live and a test company, with a row in each list."""
    made = {"live": CompanyFactory(), "test": CompanyFactory(is_live=False)}
    for company in made.values():
        SiteFactory(company=company)
        make_connection(company)
        invitation = make_invitation(company, allowed_emails=["anna@example.com"])
        Delivery.objects.create(invitation=invitation, email="anna@example.com", status=DeliveryStatus.FAILED)
    return made


def shown(client, name, **query):
    rows = client.get(reverse(f"admin:{name}_changelist"), query).context["cl"].result_list
    return {getattr(row, LISTS[name]) for row in rows}


def test_lists_are_live_by_default(admin_client, companies):
    live, test = companies["live"], companies["test"]
    for name in LISTS:
        assert shown(admin_client, name) == {live.pk}, name
        assert shown(admin_client, name, mode="test") == {test.pk}, name
    for name in list(LISTS)[1:]:
        assert shown(admin_client, name, company=test.pk) == {test.pk}, name
        exported = admin_client.get(reverse(f"admin:{name}_export"), {"mode": "test"})
        assert f"{test.name} (test)" in b"".join(exported.streaming_content).decode(), name


def test_test_rows_are_marked(admin_client, companies):
    test = companies["test"]
    for name in LISTS:
        page = admin_client.get(reverse(f"admin:{name}_changelist"), {"mode": "test"}).content.decode()
        assert "status--waiting" in page or f"{test.name} (test)" in page, name
    page = admin_client.get(reverse("admin:invitations_invitation_change", args=[test.invitations.get().pk]))
    assert f"{test.name} (test)" in page.content.decode()
    assert (str(test), str(companies["live"])) == (f"{test.name} (test)", companies["live"].name)
    assert label(test).startswith(f"{test.name} (test)")


def test_overview_leaves_test_rows_out(companies):
    live, test = companies["live"], companies["test"]

    def numbers(user, **query):
        request = RequestFactory().get("/", query)
        request.user = user
        overview = Overview(request)
        attention = {bar.key: bar.value for bar in overview.attention}
        return overview.funnel.numbers[Step.CREATED], overview.by_status[Status.PENDING], attention["not_opened"]

    limited = may(UserFactory(is_superuser=False), "view_invitation", "view_connection")
    limited.companies.set([live, test])
    for user in (UserFactory(), limited):
        assert numbers(user) == (1, 1, 1)
        assert numbers(user, company=test.pk) == (1, 1, 1)
    assert funnel(since=timezone.now() - timedelta(1)).numbers[Step.CREATED] == 1
    assert count_by_status(maximum=9)[Status.PENDING] == 1
    assert [mail.invitation.company for mail in failed_mails(None)] == [live]
    assert [mail.invitation.company for mail in failed_mails([test.pk])] == [test]
