"""The vault: login details go in, and come out for a collector only."""

import logging
import traceback

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter, get_exception_reporter_class

from companies.actors import Actor
from connections.exceptions import CredentialsUnreadable
from connections.models import ConnectionEvent, Credential
from connections.services.connections import change_credentials
from connections.services.credentials import read_credentials
from tests.factories import UserFactory, make_api_key, make_connection

pytestmark = pytest.mark.django_db

SECRETS = {
    "username": "name-at-the-utility",
    "password": "pa55wörd-at-the-utility",
    "account_number": "number-at-the-utility",
    "security_answer": "answer-at-the-utility",
    "authenticator_seed": "SEEDATTHEUTILITY",
}


@pytest.fixture
def collector(company):
    return Actor.partner(make_api_key(company.partner)[0])


def test_what_goes_in_comes_out(company, collector):
    connection = make_connection(company, credentials=SECRETS)

    assert read_credentials(connection, by=collector) == (SECRETS, 1)


def test_every_read_is_logged_with_its_key(company, collector):
    connection = make_connection(company, credentials=SECRETS)

    read_credentials(connection, by=collector)
    read_credentials(connection, by=collector)

    reads = ConnectionEvent.objects.filter(type="CREDENTIALS_READ").order_by("pk")
    assert [(line.connection_id, line.api_key, line.detail) for line in reads] == [
        (connection.pk, collector.api_key, {})
    ] * 2
    assert reads[0].created_at < reads[1].created_at


def test_moved_to_another_connection_they_do_not_open(company, collector):
    theirs, ours = make_connection(credentials=SECRETS), make_connection(company)
    stolen = Credential.objects.get(connection=theirs).encrypted
    Credential.objects.filter(connection=ours).update(encrypted=stolen)

    with pytest.raises(CredentialsUnreadable):
        read_credentials(ours, by=collector)


@pytest.mark.parametrize("place", [0, 4, 15, 16, 40, -1])
def test_altered_anywhere_they_do_not_open(company, collector, place):
    connection = make_connection(company, credentials=SECRETS)
    sealed = bytearray(Credential.objects.get().encrypted)
    sealed[place] ^= 1
    Credential.objects.update(encrypted=bytes(sealed))

    with pytest.raises(CredentialsUnreadable):
        read_credentials(connection, by=collector)


@pytest.mark.parametrize("kept", [0, 3, 10, 16, 30])
def test_cut_short_they_do_not_open(company, collector, kept):
    connection = make_connection(company, credentials=SECRETS)
    Credential.objects.update(encrypted=bytes(Credential.objects.get().encrypted)[:kept])

    with pytest.raises(CredentialsUnreadable):
        read_credentials(connection, by=collector)


def test_what_does_not_open_is_an_error_in_the_log_and_no_read(company, collector, caplog):
    connection = make_connection(company, credentials=SECRETS)
    Credential.objects.update(encrypted=b"broken")

    with pytest.raises(CredentialsUnreadable):
        read_credentials(connection, by=collector)

    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert str(connection.pk) in line.getMessage()
    assert not ConnectionEvent.objects.filter(type="CREDENTIALS_READ").exists()


def test_new_details_mend_what_does_not_open(company, collector):
    connection = make_connection(company)
    Credential.objects.update(encrypted=b"broken")

    change_credentials(connection, credentials=SECRETS, by=collector)

    assert read_credentials(connection, by=collector) == (SECRETS, 2)


def test_the_same_details_are_sealed_differently_each_time(company):
    connection = make_connection(company, credentials=SECRETS)
    first = bytes(Credential.objects.get().encrypted)

    change_credentials(connection, credentials=SECRETS, by=Actor.staff(UserFactory()))

    assert bytes(Credential.objects.get().encrypted) != first


def shown_nowhere(*texts):
    for text in map(str, texts):
        assert [name for name, secret in SECRETS.items() if secret in text] == []


def test_no_text_form_of_anything_has_them(company):
    connection = make_connection(company, credentials=SECRETS)
    credential = Credential.objects.get()

    for each in (connection, credential, settings.KEYRING, *connection.events.all()):
        shown_nowhere(each, repr(each), vars(each) if hasattr(each, "__dict__") else "")
    assert repr(credential) == "<Credential>"


def test_no_page_of_the_admin_has_them(company, client, collector):
    connection = make_connection(company, credentials=SECRETS)
    read_credentials(connection, by=collector)
    client.force_login(UserFactory())

    page = client.get(reverse("admin:connections_connection_change", args=[connection.pk]))

    assert page.status_code == 200
    shown_nowhere(page.content.decode())


def test_no_exception_report_has_them(company, collector, caplog, client):
    """The worst case: the error is raised where they lie open."""
    connection = make_connection(company, credentials=SECRETS)
    Credential.objects.update(encrypted=b"broken")
    request = RequestFactory().post("/", {"username": SECRETS["username"], "password": SECRETS["password"]})
    try:
        change_credentials(connection, credentials=SECRETS, by=None)  # type: ignore[arg-type]
    except AttributeError as error:
        reporter: ExceptionReporter = get_exception_reporter_class(request)(
            request, type(error), error, error.__traceback__
        )
        with caplog.at_level(logging.ERROR):
            logging.getLogger("latchkey").exception("it broke")
        shown_nowhere(
            reporter.get_traceback_html(),
            reporter.get_traceback_text(),
            "".join(traceback.format_exception(error)),
            caplog.text,
        )
    else:
        pytest.fail("nothing broke")
