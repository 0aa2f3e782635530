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


def test_read_returns_what_was_stored(company, collector):
    connection = make_connection(company, credentials=SECRETS)

    assert read_credentials(connection, by=collector) == (SECRETS, 1)


def test_every_read_is_logged(company, collector):
    connection = make_connection(company, credentials=SECRETS)

    read_credentials(connection, by=collector)
    read_credentials(connection, by=collector)

    reads = ConnectionEvent.objects.filter(type="CREDENTIALS_READ").order_by("pk")
    assert [(line.connection_id, line.api_key, line.detail) for line in reads] == [
        (connection.pk, collector.api_key, {})
    ] * 2
    assert reads[0].created_at < reads[1].created_at


def test_credentials_are_bound_to_their_connection(company, collector):
    theirs, ours = make_connection(credentials=SECRETS), make_connection(company)
    stolen = Credential.objects.get(connection=theirs).encrypted
    Credential.objects.filter(connection=ours).update(encrypted=stolen)

    with pytest.raises(CredentialsUnreadable):
        read_credentials(ours, by=collector)


def test_altered_credentials_are_unreadable(company, collector):
    connection = make_connection(company, credentials=SECRETS)
    stored = bytes(Credential.objects.get().encrypted)
    flipped = (bytearray(stored) for _ in range(6))
    altered = [stored[:length] for length in (0, 3, 10, 16, 30)]
    for place, content in zip((0, 4, 15, 16, 40, -1), flipped, strict=True):
        content[place] ^= 1
        altered.append(bytes(content))

    for content in altered:
        Credential.objects.update(encrypted=content)
        with pytest.raises(CredentialsUnreadable):
            read_credentials(connection, by=collector)


def test_unreadable_credentials_are_logged_as_error(company, collector, caplog):
    connection = make_connection(company, credentials=SECRETS)
    Credential.objects.update(encrypted=b"broken")

    with pytest.raises(CredentialsUnreadable):
        read_credentials(connection, by=collector)

    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert str(connection.pk) in line.getMessage()
    assert not ConnectionEvent.objects.filter(type="CREDENTIALS_READ").exists()


def test_change_replaces_unreadable_credentials(company, collector):
    connection = make_connection(company)
    Credential.objects.update(encrypted=b"broken")

    change_credentials(connection, credentials=SECRETS, by=collector)

    assert read_credentials(connection, by=collector) == (SECRETS, 2)


def test_encryption_differs_each_time(company):
    connection = make_connection(company, credentials=SECRETS)
    first = bytes(Credential.objects.get().encrypted)

    change_credentials(connection, credentials=SECRETS, by=Actor.staff(UserFactory()))

    assert bytes(Credential.objects.get().encrypted) != first


def assert_no_secret(*texts):
    for text in map(str, texts):
        assert [name for name, secret in SECRETS.items() if secret in text] == []


def test_repr_shows_no_secret(company):
    connection = make_connection(company, credentials=SECRETS)
    credential = Credential.objects.get()

    for each in (connection, credential, settings.KEYRING, *connection.events.all()):
        assert_no_secret(each, repr(each), vars(each) if hasattr(each, "__dict__") else "")
    assert repr(credential) == "<Credential>"


def test_admin_page_shows_no_secret(company, client, collector):
    connection = make_connection(company, credentials=SECRETS)
    read_credentials(connection, by=collector)
    client.force_login(UserFactory())

    page = client.get(reverse("admin:connections_connection_change", args=[connection.pk]))

    assert page.status_code == 200
    assert_no_secret(page.content.decode())


def test_exception_report_shows_no_secret(company, collector, caplog, client):
    """Worst case: the error is raised in a frame that holds the decrypted credentials."""
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
        assert_no_secret(
            reporter.get_traceback_html(),
            reporter.get_traceback_text(),
            "".join(traceback.format_exception(error)),
            caplog.text,
        )
    else:
        pytest.fail("nothing broke")
