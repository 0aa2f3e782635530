"""Credentials are handed out for the host that they were given for."""

import pytest

from companies.actors import CONTRIBUTOR, SYSTEM
from connections.exceptions import LoginPageMoved
from connections.models import Connection, ConnectionEvent, Credential
from connections.services.catalogue import load_datasources, update_datasource
from connections.services.connections import change_credentials
from connections.services.credentials import read_credentials
from tests.factories import DatasourceFactory, make_connection

pytestmark = pytest.mark.django_db
LOGIN = {"username": "works", "password": "a password for one host only"}
MOVED = "https://evil.example/login"


@pytest.fixture
def provider():
    return DatasourceFactory(name="Northern Power", login_url="https://www.northern.example.com/login")


@pytest.fixture
def connection(provider):
    return make_connection(datasource=provider, credentials=LOGIN)


def fresh(connection):
    return Connection.objects.select_related("datasource").get(pk=connection.pk)


def is_handed_out(connection):
    try:
        return read_credentials(fresh(connection), by=SYSTEM)[0]["password"] == LOGIN["password"]
    except LoginPageMoved:
        return False


def row_of(provider, login_url):
    return {"name": provider.name, "login_url": login_url, "country": provider.country, "utility_types": []}


def test_moved_host_gets_no_credentials(connection, provider):
    pages = {
        "https://www.northern.example.com/new/login?lang=en": True,
        "https://northern.example.com/login": True,
        "https://WWW.Northern.example.com:8443/": True,
        "https://login.northern.example.com/login": False,
        "https://northern.example.com.evil.example/login": False,
        "https://northern.example/login": False,
        MOVED: False,
    }
    got = {}
    for page in pages:
        update_datasource(provider, login_url=page)
        got[page] = is_handed_out(connection)

    assert got == pages
    assert ConnectionEvent.objects.filter(type="CREDENTIALS_READ").count() == 3
    update_datasource(provider, login_url="https://northern.example.com/")
    assert is_handed_out(connection)


def test_new_credentials_confirm_the_host(connection, provider):
    update_datasource(provider, login_url=MOVED)
    assert fresh(connection).has_moved
    change_credentials(connection, credentials=LOGIN, by=CONTRIBUTOR)

    assert not fresh(connection).has_moved
    assert is_handed_out(connection)
    update_datasource(provider, login_url="https://northern.example.com/")
    assert not is_handed_out(connection)


def test_stale_connection_keeps_address_and_login_together(connection, provider):
    before = fresh(connection)
    update_datasource(provider, login_url=MOVED)
    assert read_credentials(before, by=SYSTEM)[0]["password"] == LOGIN["password"]
    change_credentials(connection, credentials=LOGIN, by=CONTRIBUTOR)

    with pytest.raises(LoginPageMoved):
        read_credentials(before, by=SYSTEM)


@pytest.mark.parametrize("by_file", [False, True])
def test_earlier_rows_remember_the_old_host(connection, provider, by_file):
    Credential.objects.update(host=None)
    assert is_handed_out(connection)
    if by_file:
        load_datasources([row_of(provider, MOVED)], overwrite=True)
    else:
        update_datasource(provider, login_url=MOVED)

    assert not is_handed_out(connection)
    assert Credential.objects.get().host == "northern.example.com"


def test_page_outside_the_catalogue_is_remembered():
    connection = make_connection(url="https://Portal.Example.com./login")

    assert connection.credential.host == "portal.example.com"
    assert is_handed_out(make_connection(url="https://portal.example.com/login", credentials=LOGIN))
