"""A day of an installation: every operation that takes or creates a secret, by the API, the pages and the admin."""

import re
from uuid import uuid4

from django.test import Client

from invitations.models import FormDraft, VerificationCode
from tests.conftest import Api
from tests.factories import CompanyFactory, UserFactory, make_full_key
from tests.invitations.answers import answers
from tests.secrecy import KNOWN

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


def click(client, token, name, **fields):
    response = client.post(f"/p/i/{token}/{name}", fields)
    assert response.status_code == 302, response.content.decode()[:3000]
    return response


class Scenario:
    def __init__(self, mail_server, worker):
        self.mail_server, self.worker = mail_server, worker
        company = CompanyFactory()
        self.staff = UserFactory(password=STAFF_PASSWORD)
        self.company, (_, self.key) = company, make_full_key(company)
        self.api = Api(self.key)
        self.secrets = {"API key": self.key, "its secret": self.key[12:], "staff": STAFF_PASSWORD}
        for name, typed in (("page", TYPED), ("put right", CORRECTED), ("repaired", REPAIRED), ("sent", SENT)):
            self.secrets |= {f"{key} ({name})": value for key, value in typed.items()}

    def live(self):
        self.webhook()
        created = self.made_by_a_program()
        connection_id = self.connected_on_a_page()
        self.put_right(connection_id)
        self.repaired(connection_id)
        self.read(connection_id, created)
        self.staff_look(connection_id)

    def webhook(self):
        """Nothing is sent to it in this test, because it is paused."""
        body = {"url": "https://hooks.example.com/", "includeLinks": True}
        created = self.api.post("webhook", body, Idempotency_Key="kept-webhook").json()
        self.api.post(f"webhook/{created['id']}/pause")
        rotated = self.api.post(f"webhook/{created['id']}/rotate", {}, Idempotency_Key="kept-secret").json()
        self.secrets |= {"secret of webhook": created["secret"], "after rotation": rotated["secret"]}

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
        self.left_unsent()
        saved = click(self.browser, self.token, "connect", **answers(**TYPED))
        self.worker()
        (receipt,) = re.findall(r"/p/i/([\w-]{20,})/withdraw", self.mail_server.mails[-1].text)
        self.secrets["token of the receipt"] = receipt
        self.result = saved["Location"].removeprefix(f"/p/i/{self.token}/")
        listed = self.api.get(f"connection/company/{self.company.pk}", {"invitationId": invited["id"]}).json()
        return listed["connections"][0]["id"]

    def left_unsent(self):
        self.secrets["draft"] = typed = "provider-left-in-a-draft"
        KNOWN.note(typed)
        self.browser.post(f"/p/i/{self.token}/draft", {"form_id": uuid4(), "provider": typed})
        assert FormDraft.objects.exists()

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
