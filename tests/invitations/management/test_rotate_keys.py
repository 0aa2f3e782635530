import base64
import os
import threading
from collections import Counter
from contextlib import contextmanager
from io import StringIO
from itertools import cycle, pairwise, permutations
from random import Random
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.utils import timezone

from companies.actors import SYSTEM
from companies.services.webhooks.endpoints import create_endpoint, rotate_secret
from companies.services.webhooks.signing import current_secrets
from config.crypto.keyring import Keyring
from config.crypto.rotation import BATCH, BatchResult, EncryptedColumn, count_rows_by_key, reencrypt
from connections.exceptions import CredentialsUnreadable
from connections.models import Connection, Credential
from connections.services.connections import change_credentials
from connections.services.credentials import encrypt_credentials, read_credentials
from invitations.models import Invitation
from invitations.services.form_drafts import DraftOwner, find_draft, save_draft
from tests.factories import CompanyFactory, DatasourceFactory, make_connection, make_invitation

OLD, NEW = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
CREDENTIALS = EncryptedColumn(Credential, "encrypted", lambda row: f"credential:{row.pk}")
SECRETS = {"username": "riverside", "password": "secret"}


def key_id(key):
    return Keyring([key]).current_key_id


def rotate(*arguments):
    said = StringIO()
    call_command("rotate_keys", *arguments, stdout=said)
    return said.getvalue().splitlines()


def grow(number):
    """Create connections with credentials, encrypted with the current ring."""
    company, datasource = CompanyFactory(), DatasourceFactory()
    made = [Connection(company=company, datasource=datasource) for _ in range(number)]
    Connection.objects.bulk_create(made, batch_size=1000)
    encrypted = (encrypt_credentials(Credential(connection=each), SECRETS) for each in made)
    Credential.objects.bulk_create(encrypted, batch_size=1000)
    return made


@pytest.fixture
def old_ring(settings):
    settings.KEYRING = Keyring([OLD])


@pytest.fixture
def both_rings(old_ring, settings):
    """Function that switches to a ring whose new key encrypts, and whose old key still decrypts."""

    def turn():
        settings.KEYRING = Keyring([NEW, OLD])

    return turn


@contextmanager
def meanwhile(*acts):
    """Repeat each function in its own thread until the end of the block. None may fail."""
    over, failures = threading.Event(), []

    def repeat(act):
        try:
            while not over.is_set():
                act()
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=repeat, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failures == []


class Reader:
    """Reads the credentials of the connections in turn. Each of them must decrypt."""

    def __init__(self, connections):
        self.reads, self.connections = 0, cycle(connections)

    def __call__(self):
        opened, _ = read_credentials(next(self.connections), by=SYSTEM)
        assert opened["username"] == SECRETS["username"]
        self.reads += 1


class Writer:
    """Sets a new password for a random connection, and remembers the last of each."""

    def __init__(self, connections):
        self.passwords, self.changes = {}, Counter()
        self.connections, self.random = connections, Random(len(connections))

    def __call__(self):
        connection, password = self.random.choice(self.connections), str(uuid4())
        change_credentials(connection, credentials={**SECRETS, "password": password}, by=SYSTEM)
        self.passwords[connection] = password
        self.changes[connection] += 1

    def nothing_is_lost(self):
        for connection, password in self.passwords.items():
            changed = {**SECRETS, "password": password}
            assert read_credentials(connection, by=SYSTEM) == (changed, 1 + self.changes[connection])


@pytest.mark.django_db(transaction=True)
def test_rotation_among_readers_and_writers(both_rings, settings):
    made = grow(2_000)
    both_rings()
    reader, writers = Reader(made[::37]), [Writer(made[::2]), Writer(made[1::2])]

    with meanwhile(reader, *writers):
        rotate()
    rotate()  # rows that were locked the first time

    assert reader.reads > 5
    assert all(len(writer.passwords) > 3 for writer in writers)
    assert count_rows_by_key(CREDENTIALS) == {key_id(NEW): 2_000}
    settings.KEYRING = Keyring([NEW])
    for writer in writers:
        writer.nothing_is_lost()
    for each in set(made[::200]).difference(*(writer.passwords for writer in writers)):
        assert read_credentials(each, by=SYSTEM) == (SECRETS, 1)


@pytest.mark.django_db
def test_interrupted_rotation_resumes(both_rings):
    grow(BATCH * 2 + 7)
    both_rings()
    interrupted = reencrypt(CREDENTIALS)
    assert next(interrupted) == BatchResult(BATCH, damaged=0)
    interrupted.close()
    assert count_rows_by_key(CREDENTIALS) == {key_id(NEW): BATCH, key_id(OLD): BATCH + 7}

    assert f"credentials: {BATCH + 7} re-encrypted." in rotate()

    assert count_rows_by_key(CREDENTIALS) == {key_id(NEW): 2 * BATCH + 7}
    assert "credentials: 0 re-encrypted." in rotate()


@pytest.mark.django_db
def test_check_counts_rows_by_key(both_rings):
    grow(3)
    make_invitation(allowed_emails=["jane@example.com"], send_email=True)
    both_rings()
    make_connection()
    before = list(Credential.objects.order_by("pk").values_list("encrypted", "updated_at"))

    said = rotate("--check")

    assert sorted(said) == sorted(
        [
            f"credentials: 3 use an older key of the ring ({key_id(OLD).hex()}).",
            f"credentials: 1 use the newest key ({key_id(NEW).hex()}).",
            f"invitations: 1 use an older key of the ring ({key_id(OLD).hex()}).",
            f"personal links: 1 use an older key of the ring ({key_id(OLD).hex()}).",
        ]
    )
    assert list(Credential.objects.order_by("pk").values_list("encrypted", "updated_at")) == before


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 2])
def test_check_fails_for_a_missing_key(both_rings, settings, number):
    settings.KEYRING = Keyring([lost := base64.b64encode(os.urandom(32)).decode()])
    grow(number)
    settings.KEYRING = Keyring([OLD])
    grow(3)
    both_rings()
    said = StringIO()

    rows = "1 row" if number == 1 else "2 rows"
    with pytest.raises(CommandError, match=f"^{rows} cannot be decrypted: their key is not in ENCRYPTION_KEYS"):
        call_command("rotate_keys", "--check", stdout=said)

    assert sorted(said.getvalue().splitlines()) == sorted(
        [
            f"credentials: 3 use an older key of the ring ({key_id(OLD).hex()}).",
            f"credentials: {number} use a key that is missing ({key_id(lost).hex()}).",
        ]
    )


@pytest.mark.django_db
def test_old_key_can_be_removed(both_rings, settings, client):
    invitation = make_invitation(allowed_emails=["jane@example.com"], send_email=True)
    connection = make_connection(credentials=SECRETS)
    endpoint, secret = create_endpoint(invitation.company.world, url="https://hooks.example.com/", by=SYSTEM)
    _, new_secret = rotate_secret(endpoint, by=SYSTEM)
    url = invitation.url
    kept = {"form_id": uuid4(), "owner": DraftOwner(email="jane@example.com")}
    save_draft(invitation, values={"country": ["GB"]}, **kept)
    both_rings()

    rotate()

    settings.KEYRING = Keyring([NEW])
    fresh = Invitation.objects.get(pk=invitation.pk)
    assert fresh.url == url
    assert client.get(f"/p/i/{fresh.token}").status_code == 200
    assert read_credentials(connection, by=SYSTEM) == (SECRETS, 1)
    assert find_draft(fresh, kept["owner"]).values["country"] == ["GB"]
    endpoint.refresh_from_db()
    assert current_secrets(endpoint, now=timezone.now()) == [new_secret, secret]
    assert not any("older" in line for line in rotate("--check"))


# the steps of the README: servers change one after the other, so two neighbouring steps run at the same time
STEPS = ([OLD], [OLD, NEW], [NEW, OLD])


@pytest.mark.django_db
@pytest.mark.parametrize("neighbours", list(pairwise(STEPS)))
def test_consecutive_steps_read_each_other(settings, neighbours):
    for writing, reading in permutations(neighbours):
        settings.KEYRING = Keyring(writing)
        connection = make_connection(credentials=SECRETS)
        settings.KEYRING = Keyring(reading)

        assert read_credentials(connection, by=SYSTEM) == (SECRETS, 1)


@pytest.mark.django_db
def test_skipped_step_is_unreadable(settings):
    settings.KEYRING = Keyring([NEW, OLD])
    connection = make_connection(credentials=SECRETS)
    settings.KEYRING = Keyring([OLD])

    with pytest.raises(CredentialsUnreadable):
        read_credentials(connection, by=SYSTEM)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 2])
def test_damaged_rows_stay_and_fail_command(both_rings, caplog, number):
    made = grow(4)
    moved = [Credential.objects.get(connection=each) for each in made[:number]]
    Credential.objects.filter(connection__in=made[:number]).update(
        encrypted=Credential.objects.get(pk=made[3]).encrypted
    )
    both_rings()

    rows = "1 row" if number == 1 else "2 rows"
    with pytest.raises(CommandError, match=f"^{rows} could not be decrypted; .* put it back and run this again"):
        rotate()

    assert count_rows_by_key(CREDENTIALS) == {key_id(NEW): 4 - number, key_id(OLD): number}
    assert all(str(each.pk) in caplog.text for each in moved)


@pytest.mark.django_db
def test_rotation_keeps_the_credentials_version(both_rings):
    (connection,) = grow(1)
    both_rings()

    rotate()

    credential = Credential.objects.get()
    assert credential.version == 1
    assert not connection.events.exists()
    change_credentials(connection, credentials=SECRETS, by=SYSTEM)
    assert count_rows_by_key(CREDENTIALS) == {key_id(NEW): 1}


@pytest.mark.django_db
def test_output_shows_no_secret(both_rings):
    grow(2)
    invitation = make_invitation()
    both_rings()

    said = "\n".join(rotate())

    for secret in (OLD, NEW, invitation.token, *SECRETS.values()):
        assert secret not in said
