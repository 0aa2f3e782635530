"""What an invitation locks is shown and not changed, whatever is posted."""

import re
from datetime import date
from uuid import uuid4

import pytest

from connections.models import Connection, Datasource
from invitations.exceptions import ProviderGone
from invitations.models.prefill import Prefill
from invitations.services.redemption import Account, redeem_invitation
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import PROVIDER_URL, answers, page, saved

pytestmark = pytest.mark.django_db


def locked_values(company):
    """For each lockable field: the prefill, what it is in the saved connection, and what a forger posts."""
    datasource, other = DatasourceFactory.create_batch(2)
    site, other_site = SiteFactory.create_batch(2, company=company)
    return {
        "datasource_id": (
            datasource.pk,
            lambda connection: connection.datasource.pk,
            [{"provider": other.name}, {"datasource": str(other.pk)}, {"provider": PROVIDER_URL, "datasource": ""}],
        ),
        "url": (
            "https://locked.example/",
            lambda connection: connection.url,
            [{"provider": PROVIDER_URL}, {"provider": other.name, "datasource": str(other.pk)}, {"url": PROVIDER_URL}],
        ),
        "initial_sites": (
            (site.pk,),
            lambda connection: tuple(each.pk for each in connection.sites.all()),
            [{"sites": [str(other_site.pk)]}, {"sites": [str(site.pk), str(other_site.pk)]}, {"sites": None}],
        ),
        "utility_types": (
            ("GAS", "WATER"),
            lambda connection: tuple(connection.utility_types),
            [{"utility_types": ["SOLAR"]}, {"utility_types": None}],
        ),
        "country": ("GB", lambda connection: connection.country, [{"country": "FR"}, {"country": ""}]),
        "connection_owner_email": (
            "owner@example.com",
            lambda connection: connection.owner_email,
            [{"owner_email": "evil@example.com"}, {"owner_email": ""}],
        ),
        "data_collection_start_date": (
            date(2024, 1, 31),
            lambda connection: connection.collection_start_date,
            [{"collection_start_date": "1999-01-01"}, {"collection_start_date": ""}],
        ),
    }


SHOWN = {
    "url": "https://locked.example/",
    "utility_types": "<dd>Gas</dd>",
    "country": "<dd>United Kingdom</dd>",
    "connection_owner_email": "<dd>owner@example.com</dd>",
    "data_collection_start_date": "<dd>31 January 2024</dd>",
}
INPUTS = {
    "datasource_id": ("provider", "datasource"),
    "url": ("provider", "datasource"),
    "initial_sites": ("sites",),
    "connection_owner_email": ("owner_email",),
    "data_collection_start_date": ("collection_start_date",),
}
LOCKABLE = [
    "datasource_id",
    "url",
    "initial_sites",
    "utility_types",
    "country",
    "connection_owner_email",
    "data_collection_start_date",
]


def locked_invitation(company, name):
    value, read, forgeries = locked_values(company)[name]
    invitation = make_invitation(company, prefill=Prefill(**{name: value, "locked_fields": (name,)}))
    return invitation, value, read, forgeries


@pytest.mark.parametrize("name", LOCKABLE)
def test_a_locked_field_is_shown_and_offers_nothing_to_change(client, company, name):
    invitation, value, *_ = locked_invitation(company, name)
    content = client.get(page(invitation, "connect")).content.decode()
    if name == "datasource_id":
        shown = f"<dd>{Datasource.objects.get(pk=value).name}</dd>"
    elif name == "initial_sites":
        shown = f"<dd>{company.sites.get(pk__in=value).name}</dd>"
    else:
        shown = SHOWN[name]
    assert shown in content
    assert f"Set by {company.partner.name}" in content
    for field in INPUTS.get(name, (name,)):
        assert not re.search(rf'<(?![^>]*type="hidden")(input|select|textarea)[^>]* name="{field}"', content)


@pytest.mark.parametrize("name", LOCKABLE)
def test_a_locked_field_is_what_the_invitation_says_whatever_is_posted(client, company, name):
    invitation, value, read, forgeries = locked_invitation(company, name)
    for forged in forgeries:
        assert read(saved(client, invitation, **forged)) == value
    connection = Connection.objects.last()
    assert (connection.datasource is None) != (connection.url is None)


def test_with_everything_locked_user_name_and_password_are_enough(client, company):
    values = locked_values(company)
    values.pop("url")
    prefill = Prefill(**{name: each[0] for name, each in values.items()}, locked_fields=tuple(values))
    invitation = make_invitation(company, prefill=prefill)
    connection = saved(client, invitation, provider=None)
    for value, read, _ in values.values():
        assert read(connection) == value


def test_a_locked_provider_that_is_gone_from_the_catalogue_is_told_kindly(client, company):
    datasource = DatasourceFactory()
    prefill = Prefill(datasource_id=datasource.pk, locked_fields=("datasource_id",))
    invitation = make_invitation(company, prefill=prefill)
    datasource.delete()

    for response in (client.get(page(invitation, "connect")), client.post(page(invitation, "connect"), answers())):
        content = response.content.decode()
        assert response.status_code == 410
        assert "This invitation needs a correction" in content
        assert "that provider is not in our list any more" in content
        assert "Ask the person who sent it for a new invitation" in content
    assert not Connection.objects.exists()
    with pytest.raises(ProviderGone):
        redeem_invitation(
            invitation,
            form_id=uuid4(),
            account=Account(url=PROVIDER_URL),
            credentials={"username": "u", "password": "p"},
        )
    assert not Connection.objects.exists()


def test_a_provider_that_is_gone_and_not_locked_leaves_the_choice(client, company):
    datasource = DatasourceFactory()
    invitation = make_invitation(company, prefill=Prefill(datasource_id=datasource.pk))
    datasource.delete()

    assert saved(client, invitation).url == PROVIDER_URL


def test_the_first_page_announces_only_what_is_asked(client, company):
    values = locked_values(company)

    def announced(*names):
        prefill = Prefill(**{name: values[name][0] for name in names}, locked_fields=names)
        content = client.get(page(make_invitation(company, prefill=prefill))).content.decode()
        return [title for title in ("Your provider", "What it covers", "Your login") if f"<strong>{title}<" in content]

    assert announced() == ["Your provider", "What it covers", "Your login"]
    assert announced("datasource_id") == announced("url") == ["What it covers", "Your login"]
    assert announced("utility_types") == announced("initial_sites") == ["Your provider", "What it covers", "Your login"]
    assert announced("initial_sites", "utility_types") == ["Your provider", "Your login"]
    assert announced("url", "initial_sites", "utility_types") == ["Your login"]
