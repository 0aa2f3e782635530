import pytest
from django.db import IntegrityError, transaction

from connections.models import Connection, ConnectionEvent, Credential, Datasource
from tests.factories import CompanyFactory, DatasourceFactory, make_api_key, make_connection

pytestmark = pytest.mark.django_db


def assert_rejected(model, constraint, **changes):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.update(**changes)


@pytest.mark.parametrize("url", ["httpfoo", "http:", "https://", "ftp://a.example", "javascript:alert(1)//http://", ""])
def test_login_page_is_a_web_page(url):
    make_connection()
    assert_rejected(Datasource, "datasource_login_url", login_url=url)

    Connection.objects.all().delete()
    make_connection(url="https://portal.utility.example/login")
    assert_rejected(Connection, "connection_url", url=url)


def test_datasource_values_are_known():
    DatasourceFactory()

    assert_rejected(Datasource, "datasource_has_a_name", name="")
    assert_rejected(Datasource, "datasource_country", country="gb")
    assert_rejected(Datasource, "datasource_utility_types", utility_types=["STEAM"])
    assert_rejected(Datasource, "datasource_asks_for", asks_for=["account_number", "pin"])


def test_event_actor_and_type_are_known():
    make_connection()

    assert_rejected(ConnectionEvent, "connection_event_actor", actor="SOMEBODY")
    assert_rejected(ConnectionEvent, "connection_event_type", type="SOMETHING")


def test_credential_version_is_positive():
    make_connection()

    assert_rejected(Credential, "credential_version", version=0)


def test_credential_extras_are_names():
    make_connection()

    assert_rejected(Credential, "credential_extras_are_names", extras=["JBSWY3DP"])


def test_visible_to_filters_by_key():
    connection = make_connection()
    key, stranger = (make_api_key(company.partner)[0] for company in (connection.company, CompanyFactory()))

    assert list(Connection.objects.visible_to(key)) == [connection]
    assert not Connection.objects.visible_to(stranger).exists()
