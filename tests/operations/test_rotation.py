"""Secrets that are replaced while a contributor, a partner and staff are half way."""

import base64
import os

import pytest
from django.core.management import call_command
from django.test import Client

from config.crypto.keyring import Keyring
from invitations.models import VerificationCode
from tests.companies.test_login_throttle import guess
from tests.factories import UserFactory
from tests.invitations.answers import answers
from tests.invitations.conftest import mail_server
from tests.scenario import Scenario, click
from tests.worker import worker

__all__ = ["mail_server", "worker"]

pytestmark = pytest.mark.quick

ANNA = "anna@example.com"
SECOND_KEY, SECOND_SECRET = base64.b64encode(os.urandom(32)).decode(), "of-tomorrow-fJ3kq9Zt2vXw8sLmB4nR7yPc"


def test_journey_outlives_every_key(worker, mail_server, settings):
    """Steps of docs/operations/secrets.md, with a step of the journey between each."""
    first_secret, first_key = settings.SECRET_KEY, base64.b64encode(os.urandom(32)).decode()
    settings.KEYRING = Keyring([first_key])
    day = Scenario(mail_server, worker)
    invited = day.invite(f"company/{day.company.pk}", allowedEmails=[ANNA], sendEmail=True)
    token, browser, staff = invited["token"], Client(), Client()
    staff.force_login(day.staff)
    click(browser, token, "verify", email=ANNA)
    worker()
    digits = VerificationCode.objects.get().digits

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = SECOND_SECRET, [first_secret]
    settings.KEYRING = Keyring([first_key, SECOND_KEY])
    click(browser, token, "code", email=ANNA, code=digits)

    settings.KEYRING = Keyring([SECOND_KEY, first_key])
    assert staff.get("/admin/").status_code == 200
    click(browser, token, "connect", **answers())
    replayed = day.api.post(
        f"invitation/company/{day.company.pk}",
        {"allowedEmails": [ANNA], "sendEmail": True},
        Idempotency_Key=f"kept-company/{day.company.pk}",
    )
    assert (replayed.json()["id"], replayed["Idempotent-Replayed"]) == (invited["id"], "true")

    call_command("rotate_keys", verbosity=0)
    settings.KEYRING, settings.SECRET_KEY_FALLBACKS = Keyring([SECOND_KEY]), []
    assert day.api.get(f"invitation/{invited['id']}").json()["invitationUrl"] == invited["invitationUrl"]
    (created,) = day.api.get(f"invitation/{invited['id']}").json()["createdConnections"]
    assert day.api.post(f"connection/{created['id']}/credentials").json()["password"] == answers()["password"]
    worker()
    assert any("/withdraw" in mail.text for mail in mail_server.mails)
    # the session was used since, which signed it by the new key
    assert staff.get("/admin/").status_code == 200


def test_failed_logins_outlive_the_key(db, settings):
    mary = UserFactory()
    before = guess(mary.email, 3)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = SECOND_SECRET, [settings.SECRET_KEY]

    assert before + guess(mary.email, 3) == [200] * 4 + [429] * 2
