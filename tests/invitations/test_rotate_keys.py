"""Encryption keys are rotated while the system is live."""

import base64
import os
import threading
import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection as database

from companies.actors import SYSTEM
from config.rotation import BATCH, Sealed, count_by_key, reseal
from config.vault import Keyring
from connections.models import Connection, Credential
from connections.services import change_credentials, read_credentials
from connections.services.credentials import seal_credentials
from invitations.models import Invitation
from tests.factories import CompanyFactory, DatasourceFactory, make_connection, make_invitation

OLD, NEW = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
CREDENTIALS = Sealed(Credential, "sealed", lambda row: f"credential:{row.pk}")
SECRETS = {"username": "riverside", "password": "secret"}


def key_id(key):
    return Keyring([key]).sealing_key_id.hex()


def rotate(*arguments):
    said = StringIO()
    call_command("rotate_keys", *arguments, stdout=said)
    return said.getvalue().splitlines()


def grow(number):
    """Many connections with credentials, sealed with the ring of the moment."""
    company, datasource = CompanyFactory(), DatasourceFactory()
    made = [Connection(company=company, datasource=datasource) for _ in range(number)]
    Connection.objects.bulk_create(made, batch_size=1000)
    sealed = (Credential(connection=each, sealed=seal_credentials(each, SECRETS)) for each in made)
    Credential.objects.bulk_create(sealed, batch_size=1000)
    return made


@pytest.fixture
def old_ring(settings):
    settings.KEYRING = Keyring([OLD])


@pytest.fixture
def both_rings(old_ring, settings):
    """Afterwards: the new key seals, and the old one still opens."""

    def turn():
        settings.KEYRING = Keyring([NEW, OLD])

    return turn


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_are_sealed_again_while_others_read_and_none_fails(both_rings, settings, capsys):
    made = grow(10_000)
    both_rings()
    stop, reads, failures = threading.Event(), [0], []

    def read_all_the_time():
        try:
            while not stop.is_set():
                for each in made[::97]:
                    opened, _ = read_credentials(each, by=SYSTEM)
                    if opened != SECRETS:
                        failures.append(opened)
                    reads[0] += 1
                    if stop.is_set():
                        break
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    reader = threading.Thread(target=read_all_the_time)
    reader.start()
    began = time.perf_counter()
    said = rotate()
    time.perf_counter() - began
    stop.set()
    reader.join()

    with capsys.disabled():
        pass
    assert failures == []
    assert reads[0] > 20
    assert count_by_key(CREDENTIALS) == {key_id(NEW): 10_000}
    assert "credentials: 10000 sealed again." in said
    settings.KEYRING = Keyring([NEW])
    for each in made[::500]:
        assert read_credentials(each, by=SYSTEM) == (SECRETS, 1)


@pytest.mark.django_db
def test_interrupted_in_the_middle_it_completes_when_run_again(both_rings):
    grow(BATCH * 2 + 7)
    both_rings()
    interrupted = reseal(CREDENTIALS)
    assert next(interrupted) == BATCH
    interrupted.close()
    assert count_by_key(CREDENTIALS) == {key_id(NEW): BATCH, key_id(OLD): BATCH + 7}

    assert f"credentials: {BATCH + 7} sealed again." in rotate()

    assert count_by_key(CREDENTIALS) == {key_id(NEW): 2 * BATCH + 7}
    assert "credentials: 0 sealed again." in rotate()


@pytest.mark.django_db
def test_the_check_counts_by_key_and_changes_nothing(both_rings):
    grow(3)
    make_invitation(allowed_emails=["jane@example.com"], send_email=True)
    both_rings()
    make_connection()
    before = list(Credential.objects.order_by("pk").values_list("sealed", "updated_at"))

    said = rotate("--check")

    assert sorted(said) == sorted(
        [
            f"credentials: 3 use an older key ({key_id(OLD)}).",
            f"credentials: 1 use the newest key ({key_id(NEW)}).",
            f"invitations: 1 use an older key ({key_id(OLD)}).",
            f"personal links: 1 use an older key ({key_id(OLD)}).",
        ]
    )
    assert list(Credential.objects.order_by("pk").values_list("sealed", "updated_at")) == before


@pytest.mark.django_db
def test_what_is_read_and_said_is_the_same_and_the_old_key_can_go(both_rings, settings, client):
    invitation = make_invitation(allowed_emails=["jane@example.com"], send_email=True)
    connection = make_connection(credentials=SECRETS)
    url = invitation.url
    both_rings()

    rotate()

    settings.KEYRING = Keyring([NEW])
    fresh = Invitation.objects.get(pk=invitation.pk)
    assert fresh.url == url
    assert client.get(f"/p/i/{fresh.token}").status_code == 200
    assert read_credentials(connection, by=SYSTEM) == (SECRETS, 1)
    assert not any("older" in line for line in rotate("--check"))


@pytest.mark.django_db
def test_a_rotation_is_no_change_of_login_details(both_rings):
    (connection,) = grow(1)
    both_rings()

    rotate()

    credential = Credential.objects.get()
    assert credential.version == 1
    assert not connection.events.exists()
    change_credentials(connection, credentials=SECRETS, by=SYSTEM)
    assert count_by_key(CREDENTIALS) == {key_id(NEW): 1}


@pytest.mark.django_db
def test_no_secret_and_no_key_is_printed(both_rings):
    grow(2)
    invitation = make_invitation()
    both_rings()

    said = "\n".join(rotate())

    for secret in (OLD, NEW, invitation.token, *SECRETS.values()):
        assert secret not in said
