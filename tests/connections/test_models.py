"""What a row of a provider or a connection can never say, whoever writes it."""

import pytest
from django.db import IntegrityError, transaction

from connections.models import Connection, ConnectionEvent, Credential, Datasource
from tests.factories import make_connection

NO_WEB_PAGES = ["httpfoo", "http:", "https://", "ftp://a.example", "javascript:alert(1)//http://", ""]


def refused(model, constraint, **changes):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.update(**changes)


@pytest.mark.parametrize("url", NO_WEB_PAGES)
def test_a_login_page_is_on_the_web(db, url):
    make_connection()
    refused(Datasource, "datasource_login_url", login_url=url)

    Connection.objects.all().delete()
    make_connection(url="https://portal.utility.example/login")
    refused(Connection, "connection_url", url=url)


def test_a_provider_asks_for_what_there_is(db):
    make_connection()

    refused(Datasource, "datasource_asks_for", asks_for=["account_number", "pin"])
    Datasource.objects.update(asks_for=["account_number", "security_answer", "authenticator_seed"])


def test_the_log_has_known_words_only(db):
    make_connection()

    refused(ConnectionEvent, "connection_event_actor", actor="SOMEBODY")
    refused(ConnectionEvent, "connection_event_type", type="SOMETHING")


def test_versions_are_counted_from_one(db):
    make_connection()

    refused(Credential, "credential_version", version=0)
