"""Test mode as a partner's program sees it."""

import pytest

from companies.models import StoredMail
from tests.companies.refusals import problem_in, wrong_fields
from tests.conftest import Api
from tests.factories import CompanyFactory, make_full_key

ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture
def company(db):
    return CompanyFactory(is_live=False)


@pytest.fixture
def api(company):
    return Api(make_full_key(company)[1])


def test_whole_integration_runs_without_a_browser(api, company):
    body = {"allowedEmails": [ANNA], "sendEmail": True, "expiresInSeconds": 3600, "maxUses": 1}
    created = api.post(f"invitation/company/{company.pk}", body).json()
    step = f"test/invitation/{created['id']}"

    assert api.post(f"{step}/view").json()["status"] == "ACTIVE"
    assert problem_in(api.post(f"{step}/submit"), 403)["code"] == "EMAIL_PROOF_REQUIRED"
    assert api.post(f"{step}/verify", {"email": ANNA}).json()["id"] == created["id"]
    connection = api.post(f"{step}/submit", {"username": "anna"}, Idempotency_Key="once").json()
    again = api.post(f"{step}/submit", {"username": "anna"}, Idempotency_Key="once")
    failed = api.post(f"test/connection/{connection['id']}/PASSWORD_INCORRECT", {"statusErrorDetail": "Wrong"}).json()
    shown = api.get(f"invitation/{created['id']}").json()

    assert (connection["invitationId"], connection["status"]) == (created["id"], "PENDING")
    assert (again.json(), again["Idempotent-Replayed"]) == (connection, "true")
    assert (failed["status"], failed["statusErrorDetail"]) == ("PASSWORD_INCORRECT", "Wrong")
    assert shown["deliveries"][0]["status"] == "SENT"
    assert [event["type"] for event in shown["events"]] == [
        "CREATED",
        "SENT",
        "VIEWED",
        "EMAIL_VERIFIED",
        "USED",
        "FULFILLED",
    ]


def test_expired_invitation_cannot_be_used(api, company):
    created = api.post(f"invitation/company/{company.pk}", {"expiresInSeconds": 60}).json()
    step = f"test/invitation/{created['id']}"

    assert api.post(f"{step}/advance", {"seconds": 59}).json()["status"] == "ACTIVE"
    assert api.post(f"{step}/advance", {"seconds": 1}).json()["status"] == "EXPIRED"
    assert problem_in(api.post(f"{step}/submit"), 409)["code"] == "INVITATION_EXPIRED"
    assert wrong_fields(api.post(f"{step}/advance", {"seconds": 0})) == ["/seconds"]
    for _ in range(2):
        api.post(f"{step}/advance", {"seconds": 10 * 365 * 86400})
    assert wrong_fields(api.post(f"{step}/advance", {"seconds": 10 * 365 * 86400})) == ["/seconds"]


def test_mails_are_listed_newest_first(api, company):
    mailed = {"allowedEmails": [ANNA, BEN], "sendEmail": True}
    first, second = (api.post(f"invitation/company/{company.pk}", mailed).json()["id"] for _ in range(2))

    def found(**query):
        page = api.get("test/mail", query).json()
        return [(mail["to"], mail["invitationId"]) for mail in page["mails"]], page["nextCursor"]

    newest, cursor = found(limit=2)
    assert newest == [(BEN, second), (ANNA, second)]
    assert found(limit=2, cursor=cursor) == ([(BEN, first), (ANNA, first)], None)
    assert found(email="ANNA@example.com")[0] == [(ANNA, second), (ANNA, first)]
    assert found(invitationId=first, email=BEN)[0] == [(BEN, first)]
    mail = api.get("test/mail", {"limit": 1}).json()["mails"][0]
    assert company.name in mail["subject"]
    assert mail["links"][0] in mail["text"]
    assert mail["links"][0] in mail["html"]
    assert (mail["companyId"], mail["replyTo"]) == (str(company.pk), None)


def test_mails_belong_to_one_partner(api, company):
    api.post(f"invitation/company/{company.pk}", {"allowedEmails": [ANNA], "sendEmail": True})
    elsewhere = CompanyFactory(partner=company.partner, is_live=False)
    others = [make_full_key(CompanyFactory(is_live=False)), make_full_key(company, company_ids=[elsewhere.pk])]

    assert [Api(value).get("test/mail").json()["mails"] for _, value in others] == [[], []]
    live = Api(make_full_key(CompanyFactory(partner=company.partner))[1])
    assert problem_in(live.get("test/mail"), 403)["code"] == "TEST_KEY_REQUIRED"


def test_unreadable_mail_hides_no_other(api, company):
    for _ in range(2):
        api.post(f"invitation/company/{company.pk}", {"allowedEmails": [ANNA], "sendEmail": True})
    StoredMail.objects.filter(pk=StoredMail.objects.latest("pk").pk).update(encrypted=b"something else")

    newest, oldest = api.get("test/mail").json()["mails"]

    assert (newest["subject"], newest["text"], newest["html"], newest["links"]) == (None, None, None, [])
    assert oldest["links"]
