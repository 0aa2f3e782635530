"""Staff create an invitation."""

import re
from datetime import date, timedelta

from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from uuid_utils.compat import uuid7

from companies.models import Site
from invitations.models import Delivery, Invitation, InvitationEvent, InvitationType
from invitations.models.prefill import Prefill
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
    make_connection,
    make_invitation,
)
from tests.invitations.admin.create.pages import ADD, errors, invite
from tests.invitations.admin.pages import address, limited_to, may, words

TEXTS = {
    "allowed_emails": 'Anna <Anna@Example.com>\r\n"Doe, J." <j@example.com>',
    "expires": "30",
    "uses": "number",
    "max_uses": "7",
    "sends_reminders": "on",
    "allows_forwarding": "on",
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


def test_only_the_company_is_required(admin_client, company, staff):
    response = invite(admin_client, company)

    invitation = Invitation.objects.get()
    assert response.url == address("link", invitation)
    assert (invitation.company, invitation.invitation_type) == (company, InvitationType.CREATE_CONNECTION)
    assert invitation.expires_at - invitation.created_at == timedelta(days=14)
    assert (invitation.max_uses, invitation.allowed_emails, invitation.prefill) == (1, [], {})
    assert (invitation.message, invitation.external_id, invitation.redirect_url) == (None, None, None)
    assert (invitation.locale, invitation.metadata) == (company.locale, {})
    assert (invitation.sends_reminders, invitation.allows_forwarding) == (False, False)
    assert [(event.type, event.user) for event in invitation.events.all()] == [("CREATED", staff)]
    assert LogEntry.objects.get().object_id == str(invitation.pk)


def test_every_field_reaches_the_invitation(admin_client, company):
    company.partner.redirect_urls = ["https://northwind.example/thanks"]
    company.partner.save()
    sites = [SiteFactory(company=company), SiteFactory(company=company)]
    provider = DatasourceFactory()

    invite(admin_client, company, provider=provider.pk, country="GB", sites=[site.pk for site in sites], **TEXTS)

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
    assert (invitation.sends_reminders, invitation.allows_forwarding) == (True, True)
    assert (invitation.locale, invitation.redirect_url) == ("de-AT", "https://northwind.example/thanks")
    assert (invitation.external_id, invitation.metadata) == (
        "ORD-7",
        {"order": "4711", "link": "https://example.com/a:b"},
    )


def test_repair_invitation_is_created(admin_client, company):
    broken = make_connection(company)

    response = invite(admin_client, company, invitation_type="EDIT_CONNECTION", connection=broken.pk, message="Please")

    invitation = Invitation.objects.get()
    assert response.url == address("link", invitation)
    assert (invitation.invitation_type, invitation.connection) == (InvitationType.EDIT_CONNECTION, broken)
    assert (invitation.max_uses, invitation.prefill, invitation.message) == (1, {}, "Please")
    assert not invitation.is_automatic


def test_create_and_mail_mails_each_address(admin_client, company, jobs):
    emails = "a@example.com, b@example.com, *@example.org"
    response = invite(admin_client, company, button="_send", allowed_emails=emails, uses="any")

    invitation = Invitation.objects.get()
    assert invitation.send_email
    assert sorted(invitation.deliveries.values_list("email", flat=True)) == ["a@example.com", "b@example.com"]
    assert jobs.names == ["send_invitation"] * 2
    assert "being mailed to 2 addresses." in words(admin_client.get(response.url))


def test_enter_presses_create_and_mail(admin_client, company):
    """Browsers press the first button of the form."""
    form = words(admin_client.get(ADD)).partition('<form method="post" id="inviting"')[2]

    assert re.findall(r'type="submit"[^>]* name="(\w+)"', form)[:2] == ["_send", "_show"]


def test_create_link_only_sends_no_mail(admin_client, company, jobs):
    response = invite(admin_client, company, button="_link", allowed_emails="a@example.com")

    assert not Invitation.objects.get().send_email
    assert not Delivery.objects.exists()
    assert jobs.names == []
    assert "Nothing was mailed." in words(admin_client.get(response.url))


def test_invitation_mail_arrives(client, company, worker, mail_server):
    client.force_login(UserFactory())
    invite(client, company, button="_send", allowed_emails="Anna <a@example.com>", message="Hello <Anna>")

    worker()

    (mail,) = mail_server.mails
    assert (mail.to, "Hello <Anna>" in mail.text) == ("a@example.com", True)
    page = words(client.get(address("link", Invitation.objects.get())))
    assert ">Sent</span>" in page


def test_form_posted_twice_creates_one_invitation(admin_client, company):
    form_id = uuid7()
    first = invite(admin_client, company, form_id=form_id)
    second = invite(admin_client, company, form_id=form_id)

    assert first.url == second.url == address("link", Invitation.objects.get())
    assert '<li class="warning">' in words(admin_client.get(second.url))
    assert LogEntry.objects.count() == 1


def test_each_form_has_its_own_id(admin_client):
    assert len({admin_client.get(ADD).context["form"]["form_id"].value() for _ in range(2)}) == 2


def test_foreign_form_id_is_refused(admin_client, company):
    taken = InvitationEvent.objects.get(invitation=make_invitation(company)).pk

    assert list(errors(invite(admin_client, company, form_id=taken))) == ["form_id"]
    assert Invitation.objects.count() == 1


def test_query_chooses_the_company(admin_client, company):
    page = words(admin_client.get(ADD, {"company": company.pk}))

    assert f'<option value="{company.pk}" selected>' in page
    assert f'<option value="{company.pk}">' in words(admin_client.get(ADD, {"company": "nonsense"}))


def test_creating_needs_the_add_permission(client, company):
    client.force_login(may("view_invitation", "change_invitation"))

    assert client.get(ADD).status_code == invite(client, company).status_code == 403
    assert not Invitation.objects.exists()


def test_creating_needs_no_company_permission(client, company):
    client.force_login(may("add_invitation", "view_invitation"))

    assert invite(client, company).url == address("link", Invitation.objects.get())


def test_link_needs_the_view_permission(client, company):
    client.force_login(may("add_invitation"))

    response = invite(client, company)

    assert response.url == reverse("admin:index")
    assert client.get(address("link", Invitation.objects.get())).status_code == 403


def test_limited_user_invites_for_own_companies(client, company):
    client.force_login(limited_to(company, perms=["add_invitation", "view_invitation"]))
    assert invite(client, company).status_code == 302

    for companies in ([], [CompanyFactory()]):
        client.force_login(limited_to(*companies, perms=["add_invitation", "view_invitation"]))
        response = invite(client, company)
        assert errors(response) == {"company": ["Choose one of the companies."]}
        assert company.name not in words(response)
        assert company.name not in words(client.get(ADD, {"company": company.pk}))
    assert Invitation.objects.count() == 1


def test_form_query_count_does_not_grow(admin_client, company):
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
