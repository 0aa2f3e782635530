"""Disabled and deleted connections."""

import pytest

from companies.actors import CONTRIBUTOR, SYSTEM
from config.exceptions import InvalidField
from connections.exceptions import CredentialsDeleted, ImpossibleStatusChange, StaleReport
from connections.models import Connection, Credential
from connections.models.status import Status
from connections.services.closing import delete_connection, disable_connection
from connections.services.connections import change_credentials, report_status
from connections.services.credentials import read_credentials
from tests.factories import make_api_key, make_connection

pytestmark = pytest.mark.django_db

LOGIN = {"username": "riverside", "password": "another one"}
EXTRAS = {"account_number": "77-12"}


def log_of(connection):
    return list(connection.events.order_by("pk").values_list("type", flat=True))


def test_disabling_deletes_the_credentials(company):
    connection = make_connection(company, credentials=LOGIN | EXTRAS)

    disabled = disable_connection(connection, by=SYSTEM, reason="Sold")
    again = disable_connection(connection, by=SYSTEM, reason="Another reason")

    assert (disabled.status, again.status_error_detail) == ("DISABLED", "Sold")
    assert Credential.objects.values_list("encrypted", "extras", "version").get() == (None, [], 2)
    assert log_of(connection) == ["CREATED", "CREDENTIALS_DELETED", "STATUS_CHANGED"]
    with pytest.raises(CredentialsDeleted):
        read_credentials(connection, by=SYSTEM)
    with pytest.raises(InvalidField):
        disable_connection(make_connection(company), by=SYSTEM, reason="two\nlines")


def test_disabled_connection_rejects_reports(company):
    connection = disable_connection(make_connection(company), by=SYSTEM)

    for status in (Status.CONNECTED, Status.COMPANY_INACTIVE):
        with pytest.raises(ImpossibleStatusChange):
            report_status(connection, status, by=SYSTEM)
    with pytest.raises(ImpossibleStatusChange):
        report_status(make_connection(company), Status.DISABLED, by=SYSTEM)


def test_new_credentials_enable_a_connection(company):
    connection = disable_connection(make_connection(company, credentials=LOGIN | EXTRAS), by=SYSTEM)

    enabled = change_credentials(connection, credentials=LOGIN, by=CONTRIBUTOR)

    assert (enabled.status, enabled.status_error_detail) == ("PENDING", None)
    assert read_credentials(enabled, by=SYSTEM) == (LOGIN, 3)
    with pytest.raises(StaleReport):  # of the deleted credentials
        report_status(enabled, Status.CONNECTED, by=SYSTEM, credentials_version=1)


def test_deleted_connection_keeps_its_events(company):
    connection = make_connection(company)

    deleted = delete_connection(connection, by=SYSTEM)

    assert delete_connection(connection, by=SYSTEM).deleted_at == deleted.deleted_at
    assert log_of(connection) == ["CREATED", "CREDENTIALS_DELETED", "STATUS_CHANGED", "DELETED"]
    assert not Connection.objects.existing().exists()
    key = make_api_key(company.partner)[0]
    assert not Connection.objects.visible_to(key).exists()
    assert Connection.objects.even_deleted_visible_to(key).get() == connection
