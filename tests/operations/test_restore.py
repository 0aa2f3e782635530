"""A dump of a running installation, in an empty database with its own roles."""

import base64
import os
import subprocess

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client

from companies.models import PartnerEvent
from config.crypto.keyring import Keyring
from tests.companies.services.webhooks.deliveries import make_endpoint
from tests.companies.services.webhooks.receiver import Receiver
from tests.invitations.answers import answers
from tests.invitations.conftest import mail_server
from tests.operations.roles import connected_as, own_database
from tests.postgres_programs import environment, find_program
from tests.scenario import Scenario, click
from tests.worker import worker

__all__ = ["mail_server", "worker"]

WAITING = "waiting@example.com"


class Installation:
    """A day of work, with a mail and two messages of webhooks that wait, and an invitation that is open."""

    def __init__(self, mail_server, worker, receiver):
        self.day = Scenario(mail_server, worker)
        self.day.live()
        self.endpoint = make_endpoint(self.day.company, url=receiver.url("/ok"))
        self.open = self.invite()
        worker()
        self.waiting = self.invite(allowedEmails=[WAITING], sendEmail=True)
        self.staff = Client()
        self.staff.force_login(self.day.staff)

    def invite(self, **body):
        return self.day.api.post(f"invitation/company/{self.day.company.pk}", body).json()


@pytest.fixture
def receiver(tmp_path, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.stop()


@pytest.fixture
def restored(transactional_db, mail_server, worker, receiver, tmp_path):
    """The installation, on the restored database from now on."""
    template = django_settings.DATABASES["default"]["TEST"]["TEMPLATE"]
    dump = str(tmp_path / "latchkey.dump")
    with own_database(template=template) as name, own_database() as other:
        with connected_as(name, name):
            installation = Installation(mail_server, worker, receiver)
        run("pg_dump", "--format=custom", "--no-unlogged-table-data", f"--file={dump}", name)
        with connected_as(f"{other}_owner", other):
            run("pg_restore", "--no-owner", "--no-acl", "--exit-on-error", f"--dbname={other}", dump)
            call_command("migrate", verbosity=0)
        mail_server.mails.clear()
        with connected_as(other, other):
            yield installation


def run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [find_program(program), *arguments], env=os.environ | environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_restored_installation_goes_on(restored, mail_server, worker, receiver, settings):
    day = restored.day
    assert Client().get("/readyz").json() == {"status": "ready"}

    # links open, and the API shows them again
    shown = day.api.get(f"invitation/{restored.open['id']}").json()
    assert shown["invitationUrl"] == restored.open["invitationUrl"]
    assert Client().get(f"/p/i/{restored.open['token']}").status_code == 200
    click(Client(), restored.open["token"], "connect", **answers())
    assert restored.staff.get("/admin/").status_code == 200
    (created,) = day.api.get(f"invitation/{restored.open['id']}").json()["createdConnections"]
    assert day.api.post(f"connection/{created['id']}/credentials").json()["username"] == answers()["username"]

    # what waited leaves once, and webhooks go on at their place
    worker.later()
    worker.later()
    assert [mail.to for mail in mail_server.mails].count(WAITING) == 1
    sequences = sorted(body["sequence"] for body in receiver.bodies("/ok"))
    assert sequences == list(range(sequences[0], PartnerEvent.objects.latest("sequence").sequence + 1))
    assert not restored.endpoint.deliveries.exclude(status="DELIVERED").exists()

    settings.KEYRING = Keyring([base64.b64encode(os.urandom(32)).decode()])
    said = Client().get("/readyz")
    assert (said.status_code, "ENCRYPTION_KEYS" in said.json()["reason"]) == (503, True)
