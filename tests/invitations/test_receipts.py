"""The done page: it shows what was connected to the browser that did it, and to no other."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.models import Invitation
from invitations.services.invitations import revoke_invitation
from tests.factories import DatasourceFactory, PartnerFactory, SiteFactory, make_invitation
from tests.invitations.answers import PASSWORD, PROVIDER_URL, answers, page

pytestmark = pytest.mark.django_db

SAVED = "What we saved"
NOTHING = "There is nothing more to see here"


@pytest.fixture
def invitation(company):
    return make_invitation(company)


def connect(client, invitation, **changes):
    assert client.post(page(invitation, "connect"), answers(**changes)).status_code == 302


def done(client, invitation):
    response = client.get(page(invitation, "done"))
    assert response.status_code == 200
    return response.content.decode()


def test_the_browser_that_connected_sees_what_it_connected(client, invitation):
    datasource = DatasourceFactory(name="Hydro-Québec", login_url="https://session.hydro.example/in", country="CA")
    site = SiteFactory(company=invitation.company, name="Main bakery")
    connect(
        client,
        invitation,
        provider="hydro-quebec",
        sites=[str(site.pk)],
        utility_types=["GAS", "DISTRICT"],
        owner_email="owner@example.com",
        collection_start_date="2024-02-29",
    )
    content = done(client, invitation)
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


def test_a_provider_known_by_its_address_is_shown_with_its_host(client, invitation):
    connect(client, invitation)
    content = done(client, invitation)
    assert "portal.utility.example" in content
    assert PROVIDER_URL not in content


def test_another_browser_sees_nothing(client, invitation):
    connect(client, invitation)
    content = done(Client(), invitation)
    assert NOTHING in content
    assert "portal.utility.example" not in content


def test_whoever_connected_nothing_sees_nothing(client, invitation):
    assert NOTHING in done(client, invitation)


def test_the_receipt_of_one_invitation_shows_nothing_at_another(client, company):
    one, other = make_invitation(company), make_invitation(company)
    connect(client, one)
    connect(Client(), other)
    assert NOTHING in done(client, other)
    assert SAVED in done(client, one)


def test_a_browser_sees_what_it_connected_last(client, invitation):
    connect(client, invitation, provider="first.utility.example")
    connect(client, invitation, provider="second.utility.example")
    content = done(client, invitation)
    assert "second.utility.example" in content
    assert "first.utility.example" not in content


def test_a_receipt_ends_with_the_day(client, invitation, monkeypatch):
    connect(client, invitation)
    tomorrow = signing.time.time() + timedelta(days=1, seconds=1).total_seconds()
    monkeypatch.setattr(signing.time, "time", lambda: tomorrow)
    assert NOTHING in done(client, invitation)


@pytest.mark.parametrize("forge", [lambda pk: pk, lambda pk: f"{pk}:1abcde:x", lambda pk: "", lambda pk: "\x00:a:b"])
def test_a_forged_receipt_shows_nothing(client, invitation, forge):
    connect(client, invitation)
    stranger = Client()
    stranger.cookies["result"] = forge(str(Connection.objects.get().pk))
    assert NOTHING in done(stranger, invitation)


def test_the_receipt_is_for_these_pages_and_out_of_reach_of_scripts(client, invitation, settings):
    settings.SECURE = True
    connect(client, invitation)
    cookie = client.cookies["result"]
    assert (cookie["path"], cookie["samesite"]) == ("/p/i/", "Lax")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["max-age"] == 24 * 60 * 60


# --- onwards ----------------------------------------------------------------------------------------------

ANOTHER = "Connect another account"


def test_another_account_can_be_connected_while_uses_are_left(client, company):
    invitation = make_invitation(company, max_uses=2)
    connect(client, invitation)
    content = done(client, invitation)
    assert ANOTHER in content
    assert f'href="{page(invitation, "connect")}"' in content
    connect(client, invitation)
    assert ANOTHER not in done(client, invitation)


def test_another_account_can_always_be_connected_where_uses_are_not_limited(client, invitation):
    connect(client, invitation)
    assert ANOTHER in done(client, invitation)


def test_a_link_closed_since_offers_no_other_account_and_still_shows_the_receipt(client, company):
    revoked, expired = make_invitation(company), make_invitation(company)
    for invitation in (revoked, expired):
        connect(client, invitation)
        if invitation is revoked:
            revoke_invitation(invitation, by=SYSTEM)
        else:
            past = timezone.now() - timedelta(seconds=1)
            Invitation.objects.filter(pk=expired.pk).update(created_at=past - timedelta(days=1), expires_at=past)
        content = done(client, invitation)
        assert SAVED in content
        assert ANOTHER not in content


def test_the_way_on_leads_to_the_partners_page_and_names_its_host(client, company):
    address = "https://northwind.example/thanks?from=latchkey&x=1"
    company.partner.redirect_urls = [address]
    company.partner.save()
    invitation = make_invitation(company, redirect_url=address)
    connect(client, invitation)
    content = done(client, invitation)
    assert 'href="https://northwind.example/thanks?from=latchkey&amp;x=1" rel="noreferrer"' in content
    assert "Continue to northwind.example" in content


def test_without_an_address_there_is_no_way_on(client, invitation):
    connect(client, invitation)
    assert "Continue to" not in done(client, invitation)


def test_the_address_of_the_way_on_is_shown_to_nobody_else(client):
    partner = PartnerFactory(redirect_urls=["https://northwind.example/thanks"])
    company = SiteFactory(company__partner=partner).company
    invitation = make_invitation(company, redirect_url="https://northwind.example/thanks")
    connect(client, invitation)
    assert "northwind.example" not in done(Client(), invitation)


def test_a_known_form_name_hands_out_no_receipt_at_another_invitation(client, company):
    form_id = str(uuid4())
    one, other = make_invitation(company), make_invitation(company)
    connect(client, one, form_id=form_id, provider="first.utility.example")
    stranger = Client()
    connect(stranger, other, form_id=form_id, provider="second.utility.example")
    assert "first.utility.example" not in done(stranger, one) + done(stranger, other)
