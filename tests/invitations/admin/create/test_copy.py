"""A revoked invitation is copied to a new one."""

from datetime import date, timedelta

import pytest

from companies.actors import SYSTEM
from invitations.models import Invitation
from invitations.models.prefill import Prefill
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, make_connection, make_invitation
from tests.invitations.admin.create.pages import ADD
from tests.invitations.admin.pages import NO_ID, address, limited_to, words


def copy_invitation(client, invitation):
    """Press the button, then send the form unchanged."""
    revoke_invitation(invitation, by=SYSTEM)
    button = client.get(address("change", invitation)).context["best_button"]
    assert button.name == "new"
    form = client.get(button.url).context["form"]
    shown = {field.name: value for field in form if (value := field.value()) not in (None, False)}
    assert client.post(ADD, shown | {"_link": "1"}).status_code == 302
    return Invitation.objects.exclude(pk=invitation.pk).get()


def facts(invitation):
    names = ("company", "connection", "invitation_type", "allowed_emails", "max_uses", "message", "locale")
    return {name: getattr(invitation, name) for name in (*names, "prefill", "external_id", "metadata")}


@pytest.fixture
def terms(company):
    sites = SiteFactory.create_batch(2, company=company)
    return {
        "allowed_emails": ["anna@example.com", "*@example.org"],
        "max_uses": 3,
        "expires_in": timedelta(days=30),
        "message": "Dear Anna,\nplease connect.",
        "locale": "de",
        "external_id": "ORD-7",
        "metadata": {"order": "7: urgent", "by": "Mary"},
        "prefill": Prefill(
            datasource_id=DatasourceFactory().pk,
            initial_sites=tuple(site.pk for site in sites),
            utility_types=("GAS", "WATER"),
            country="GB",
            connection_owner_email="owner@example.com",
            data_collection_start_date=date(2024, 1, 31),
            locked_fields=("datasource_id", "initial_sites"),
        ),
    }


def test_copy_keeps_every_term(admin_client, company, terms):
    old = make_invitation(company, **terms)

    new = copy_invitation(admin_client, old)

    assert facts(new) == facts(old)
    assert new.expires_at - new.created_at == timedelta(days=30)
    assert new.token != old.token


@pytest.mark.parametrize(
    "terms", [{}, {"max_uses": 1, "prefill": Prefill(url="https://portal.example.com/", locked_fields=("url",))}]
)
def test_copy_keeps_open_terms(admin_client, company, terms):
    old = make_invitation(company, **terms)

    new = copy_invitation(admin_client, old)

    assert (facts(new), new.expires_at) == (facts(old), None)


def test_repair_is_copied(admin_client, company):
    old = create_repair_invitation(make_connection(company), by=SYSTEM, allowed_emails=["anna@example.com"])

    assert facts(copy_invitation(admin_client, old)) == facts(old)


def test_copy_reveals_no_other_company(client, company):
    secret = make_invitation(CompanyFactory(name="Secret Foreign Ltd"), message="Between us")
    client.force_login(limited_to(company))

    for named in (secret.pk, "nonsense", NO_ID):
        page = words(client.get(ADD, {"copy": named}))
        assert "Between us" not in page
        assert "Secret Foreign" not in page
