import re
from datetime import date

import pytest

from connections.models import Connection, Datasource
from invitations.models.prefill import Prefill
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import PROVIDER_URL, page, saved

pytestmark = pytest.mark.django_db


def locked_values(company):
    """For each lockable field: its prefill, how to read it from a connection, and forged form data."""
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
def test_locked_field_is_shown_without_input(client, company, name):
    invitation, value, *_ = locked_invitation(company, name)
    content = client.get(page(invitation, "connect")).content.decode()
    if name == "datasource_id":
        shown = f"<dd>{Datasource.objects.get(pk=value).name}</dd>"
    elif name == "initial_sites":
        shown = f"<dd>{company.sites.get(pk__in=value).name}</dd>"
    else:
        shown = SHOWN[name]
    assert shown in content
    assert f"Set by <bdi>{company.partner.name}</bdi>" in content
    for field in INPUTS.get(name, (name,)):
        assert not re.search(rf'<(?![^>]*type="hidden")(input|select|textarea)[^>]* name="{field}"', content)


@pytest.mark.parametrize("name", LOCKABLE)
def test_locked_field_ignores_posted_values(client, company, name):
    invitation, value, read, forgeries = locked_invitation(company, name)
    for number, forged in enumerate(forgeries):
        assert read(saved(client, invitation, username=f"user {number}", **forged)) == value
    connection = Connection.objects.last()
    assert (connection.datasource is None) != (connection.url is None)


def test_locked_form_needs_only_login(client, company):
    values = locked_values(company)
    values.pop("url")
    prefill = Prefill(**{name: each[0] for name, each in values.items()}, locked_fields=tuple(values))
    invitation = make_invitation(company, prefill=prefill)
    connection = saved(client, invitation, provider=None)
    for value, read, _ in values.values():
        assert read(connection) == value
