"""Staff invite on one screen."""

from datetime import date, datetime, time, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models import Site
from invitations.models import Delivery, Invitation, InvitationType
from invitations.models.prefill import Prefill
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, UserFactory, make_connection
from tests.invitations.admin.inviting import ADD, invite
from tests.invitations.admin.pages import address, may, words


def test_only_the_company_has_to_be_chosen(admin_client, company, staff):
    response = invite(admin_client, company)

    invitation = Invitation.objects.get()
    assert response.url == address("link", invitation)
    assert (invitation.company, invitation.invitation_type) == (company, InvitationType.CREATE_CONNECTION)
    assert invitation.expires_at - invitation.created_at == timedelta(days=14)
    assert (invitation.max_uses, invitation.allowed_emails, invitation.prefill) == (1, [], {})
    assert (invitation.message, invitation.external_id, invitation.redirect_url) == (None, None, None)
    assert (invitation.locale, invitation.metadata) == (company.locale, {})
    assert [(event.type, event.user) for event in invitation.events.all()] == [("CREATED", staff)]
    assert LogEntry.objects.get().object_id == str(invitation.pk)


EVERYTHING = {
    "allowed_emails": 'Anna <Anna@Example.com>\r\n"Doe, J." <j@example.com>',
    "expires": "30",
    "uses": "number",
    "max_uses": "7",
    "message": "Hello,\r\nplease connect it.",
    "utility_types": ["GAS", "WATER"],
    "owner_email": "Owner@Example.com",
    "start_date": "2025-12-31",
    "lock_provider": "on",
    "lock_sites": "on",
    "lock_start_date": "on",
    "locale": "de-AT",
    "redirect_url": "https://northwind.example/thanks",
    "external_id": "ORD-7",
    "metadata": "order: 4711\r\n link : https://example.com/a:b\r\n",
}


def test_everything_can_be_said(admin_client, company):
    company.partner.redirect_urls = ["https://northwind.example/thanks"]
    company.partner.save()
    sites = [SiteFactory(company=company), SiteFactory(company=company)]
    provider = DatasourceFactory()

    invite(
        admin_client,
        company,
        provider=provider.pk,
        country="GB",
        sites=[site.pk for site in sites],
        **EVERYTHING,
    )

    invitation = Invitation.objects.get()
    assert invitation.allowed_emails == ["anna@example.com", "j@example.com"]
    assert invitation.expires_at - invitation.created_at == timedelta(days=30)
    assert (invitation.max_uses, invitation.message) == (7, "Hello,\nplease connect it.")
    assert invitation.prefilled == Prefill(
        datasource_id=provider.pk,
        country="GB",
        initial_sites=tuple(site.pk for site in sites),
        utility_types=("GAS", "WATER"),
        connection_owner_email="owner@example.com",
        data_collection_start_date=date(2025, 12, 31),
        locked_fields=("datasource_id", "initial_sites", "data_collection_start_date"),
    )
    assert (invitation.locale, invitation.redirect_url) == ("de-AT", "https://northwind.example/thanks")
    assert (invitation.external_id, invitation.metadata) == (
        "ORD-7",
        {"order": "4711", "link": "https://example.com/a:b"},
    )


def test_a_provider_that_is_not_in_the_catalogue_is_named_by_its_login_page(admin_client, company):
    invite(admin_client, company, url="portal.example.com/login", lock_provider="on")

    assert Invitation.objects.get().prefilled == Prefill(url="https://portal.example.com/login", locked_fields=("url",))


def test_a_connection_is_repaired(admin_client, company):
    broken = make_connection(company)

    response = invite(admin_client, company, invitation_type="EDIT_CONNECTION", connection=broken.pk, message="Please")

    invitation = Invitation.objects.get()
    assert response.url == address("link", invitation)
    assert (invitation.invitation_type, invitation.connection) == (InvitationType.EDIT_CONNECTION, broken)
    assert (invitation.max_uses, invitation.prefill, invitation.message) == (1, {}, "Please")
    assert not invitation.is_automatic


@pytest.mark.parametrize(("chosen", "days"), [("1", 1), ("7", 7), ("14", 14), ("30", 30)])
def test_it_expires_after_the_days_that_were_chosen(admin_client, company, chosen, days):
    invite(admin_client, company, expires=chosen, expires_on="2020-01-01")

    invitation = Invitation.objects.get()
    assert invitation.expires_at - invitation.created_at == timedelta(days=days)


@pytest.mark.parametrize("days", [1, 400])
def test_it_works_until_the_end_of_the_day_that_was_chosen(admin_client, company, days):
    day = timezone.localdate() + timedelta(days=days)

    invite(admin_client, company, expires="date", expires_on=day.isoformat())

    end = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
    assert Invitation.objects.get().expires_at == end


def test_it_may_be_for_anyone_for_ever_without_limit(admin_client, company):
    invite(admin_client, company, expires="never", uses="any", max_uses="3")

    invitation = Invitation.objects.get()
    assert (invitation.allowed_emails, invitation.expires_at, invitation.max_uses) == ([], None, None)


def test_send_it_now_mails_each_address_its_own_link(admin_client, company, jobs):
    response = invite(
        admin_client, company, button="_send", allowed_emails="a@example.com, b@example.com, *@example.org"
    )

    invitation = Invitation.objects.get()
    assert invitation.send_email
    assert sorted(invitation.deliveries.values_list("email", flat=True)) == ["a@example.com", "b@example.com"]
    assert jobs.names == ["send_invitation"] * 2
    assert "The invitation is on its way to 2 addresses." in words(admin_client.get(response.url))


def test_only_make_the_link_mails_nobody(admin_client, company, jobs):
    response = invite(admin_client, company, button="_link", allowed_emails="a@example.com")

    assert not Invitation.objects.get().send_email
    assert not Delivery.objects.exists()
    assert jobs.names == []
    assert "The link is made. Nothing was mailed." in words(admin_client.get(response.url))


def test_the_mail_that_was_asked_for_arrives(client, company, worker, mail_server):
    client.force_login(UserFactory())
    invite(client, company, button="_send", allowed_emails="Anna <a@example.com>", message="Hello <Anna>")

    worker()

    (mail,) = mail_server.mails
    assert (mail.to, "Hello <Anna>" in mail.text) == ("a@example.com", True)
    page = words(client.get(address("link", Invitation.objects.get())))
    assert ">Sent</span>" in page


def test_the_same_form_sent_twice_makes_one_invitation(admin_client, company):
    form_id = uuid7()
    first = invite(admin_client, company, form_id=form_id)
    second = invite(admin_client, company, form_id=form_id)

    assert first.url == second.url == address("link", Invitation.objects.get())
    assert "This form was sent before, and made this invitation." in words(admin_client.get(second.url))
    assert LogEntry.objects.count() == 1


def test_each_time_the_form_is_opened_it_is_another(admin_client):
    names = {admin_client.get(ADD).context["form"]["form_id"].value() for _ in range(2)}
    assert len(names) == 2


def test_the_company_can_be_named_in_the_address(admin_client, company):
    page = words(admin_client.get(ADD, {"company": company.pk}))

    assert f'<option value="{company.pk}" selected>' in page
    assert f'<option value="{company.pk}">' in words(admin_client.get(ADD, {"company": "nonsense"}))


@pytest.mark.parametrize("codenames", [(), ("view_invitation",), ("view_invitation", "change_invitation")])
def test_whoever_may_not_add_invitations_cannot_invite(client, company, codenames):
    client.force_login(may(*codenames))

    assert client.get(ADD).status_code == invite(client, company).status_code == 403
    assert not Invitation.objects.exists()


def test_whoever_may_invite_needs_to_see_neither_companies_nor_sites(client, company):
    client.force_login(may("add_invitation", "view_invitation"))

    assert invite(client, company).url == address("link", Invitation.objects.get())


def test_whoever_may_add_but_not_view_is_not_shown_the_link(client, company):
    client.force_login(may("add_invitation"))

    response = invite(client, company)

    assert response.url == reverse("admin:index")
    assert client.get(address("link", Invitation.objects.get())).status_code == 403


def test_the_form_asks_as_little_of_a_large_company_as_of_a_small_one(admin_client, company):
    def grow(number):
        Site.objects.bulk_create(Site(company=company, name=f"Site {n}") for n in range(number))
        CompanyFactory.create_batch(number // 50, partner=company.partner)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = words(admin_client.get(ADD, {"company": company.pk}))
        assert page.count("<option value=") < 400  # most of them are countries
        return len(captured)

    make_connection(company)
    grow(10)
    few = queries()
    grow(990)
    assert queries() == few == 10
