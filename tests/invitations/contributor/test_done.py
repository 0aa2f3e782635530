import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models.status import Status
from invitations.models import Invitation
from invitations.services.invitations import revoke_invitation
from tests.factories import DatasourceFactory, PartnerFactory, SiteFactory, make_invitation
from tests.invitations.answers import PASSWORD, PROVIDER_URL, page, saved
from tests.invitations.repairs import found, read

pytestmark = pytest.mark.django_db


SAVED = "What we saved"
NOTHING = "There is nothing more to see here"


def test_done_page_shows_what_was_saved(client, invitation):
    datasource = DatasourceFactory(name="Hydro-Québec", login_url="https://session.hydro.example/in", country="CA")
    site = SiteFactory(company=invitation.company, name="Main bakery")
    saved(
        client,
        invitation,
        provider="hydro-quebec",
        sites=[str(site.pk)],
        utility_types=["GAS", "DISTRICT"],
        owner_email="owner@example.com",
        collection_start_date="2024-02-29",
    )
    content = read(client.get(page(invitation, "done")))
    assert SAVED in content
    for shown in [
        datasource.name,
        "session.hydro.example",
        "We are checking the login",
        "Main bakery",
        "Gas, District heating or cooling",
        "owner@example.com",
        "29 February 2024",
        invitation.company.name,
    ]:
        assert shown in content
    assert PASSWORD not in content
    assert "riverside" not in content


def test_done_page_shows_host_of_url(client, invitation):
    saved(client, invitation)
    content = read(client.get(page(invitation, "done")))
    assert "portal.utility.example" in content
    assert PROVIDER_URL not in content


def test_done_page_lists_several_connections(client, invitation):
    path = f"{page(invitation)}/done"
    for provider in ("first.utility.example", "second.utility.example"):
        found(saved(client, invitation, provider=provider), Status.CONNECTED)
    content = read(client.get(path))
    links = [page(invitation, "done", use=use) for use in invitation.uses.order_by("-pk")]
    assert re.findall(r'href="([^"]*/done/[^"]+)"', content) == links
    shown = [re.findall(r"(\w+)\.utility\.example", read(client.get(link)))[0] for link in links]
    assert shown == ["second", "first"]


ANOTHER = "Connect another account"


def test_invitation_leads_back_to_result(client, invitation):
    found(saved(client, invitation))
    content = read(client.get(page(invitation)))
    assert f'href="{page(invitation, "done")}">Correct the login' in content
    assert "/done" not in read(Client().get(page(invitation)))


def test_another_account_needs_a_use_left(client, company):
    invitation = make_invitation(company, max_uses=2)
    saved(client, invitation)
    content = read(client.get(page(invitation, "done")))
    assert ANOTHER in content
    assert f'href="{page(invitation, "connect")}"' in content
    saved(client, invitation, username="another")
    assert ANOTHER not in read(client.get(page(invitation, "done")))


def test_unlimited_invitation_offers_another_account(client, invitation):
    saved(client, invitation)
    assert ANOTHER in read(client.get(page(invitation, "done")))


def test_closed_invitation_offers_no_other_account(client, company):
    revoked, expired = make_invitation(company), make_invitation(company)
    for invitation in (revoked, expired):
        saved(client, invitation)
        if invitation is revoked:
            revoke_invitation(invitation, by=SYSTEM)
        else:
            past = timezone.now() - timedelta(seconds=1)
            Invitation.objects.filter(pk=expired.pk).update(created_at=past - timedelta(days=1), expires_at=past)
        content = read(client.get(page(invitation, "done")))
        assert SAVED in content
        assert ANOTHER not in content


def test_redirect_url_names_its_host(client, company):
    address = "https://northwind.example/thanks?from=latchkey&x=1"
    company.partner.redirect_urls = [address]
    company.partner.save()
    invitation = make_invitation(company, redirect_url=address)
    saved(client, invitation)
    content = read(client.get(page(invitation, "done")))
    assert 'href="https://northwind.example/thanks?from=latchkey&amp;x=1" rel="noreferrer"' in content
    assert "Continue to northwind.example" in content


def test_no_redirect_url_no_link(client, invitation):
    saved(client, invitation)
    assert "Continue to" not in read(client.get(page(invitation, "done")))


def test_redirect_url_is_hidden_from_strangers(client):
    partner = PartnerFactory(redirect_urls=["https://northwind.example/thanks"])
    company = SiteFactory(company__partner=partner).company
    invitation = make_invitation(company, redirect_url="https://northwind.example/thanks")
    saved(client, invitation)
    assert "northwind.example" not in read(Client().get(page(invitation, "done")))


REFRESH = '<noscript><meta http-equiv="refresh"'


def test_done_page_refreshes_while_checking(client, invitation, connected):
    assert REFRESH in read(client.get(page(invitation, "done")))
    found(connected)
    assert "refresh" not in read(client.get(page(invitation, "done")))


def test_empty_done_page_does_not_refresh(client, invitation, connected):
    assert "refresh" not in read(Client().get(page(invitation, "done")))


def test_title_tells_status(client, invitation, connected):
    assert "<title>We are checking the login" in read(client.get(page(invitation, "done")))
    found(connected, Status.CONNECTED)
    assert "<title>It works" in read(client.get(page(invitation, "done")))
