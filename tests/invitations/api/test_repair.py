"""`POST /v2/invitation/connection/{connectionId}`: an invitation to repair a connection."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from companies.models import Scope
from invitations.models import Delivery, Invitation
from tests.companies.refusals import problem_in, wrong_fields
from tests.conftest import Api
from tests.factories import make_api_key, make_connection, make_invitation
from tests.invitations.answers import answers
from tests.invitations.consents import CONSENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(company):
    return make_connection(company)


@pytest.fixture
def invite(api, connection):
    def call(**body):
        return api.post(f"invitation/connection/{connection.pk}", body)

    return call


def test_create_repair_invitation(invite, connection, settings):
    answer = invite()

    assert answer.status_code == 201
    said = answer.json()
    assert (said["invitationType"], said["status"]) == ("EDIT_CONNECTION", "ACTIVE")
    assert (said["connectionId"], said["companyId"]) == (str(connection.pk), str(connection.company_id))
    assert (said["prefill"], said["createdConnections"]) == ({}, [])
    assert (said["maxUses"], said["useCount"], said["expiresAt"]) == (None, 0, None)
    assert said["invitationUrl"] == f"{settings.PUBLIC_URL}/p/i/{said['token']}"
    assert not Invitation.objects.get().is_automatic


def test_create_repair_without_body(api, connection):
    answer = api.client.post(f"/v2/invitation/connection/{connection.pk}", content_type="application/json")

    assert answer.status_code == 201, answer.content


def test_create_repair_with_every_field(invite, connection):
    connection.company.partner.redirect_urls = ["https://partner.example/thanks"]
    connection.company.partner.save()

    said = invite(
        allowedEmails=["Jane@Example.com", "jane@example.com"],
        expiresInSeconds=3600,
        maxUses=1,
        sendEmail=True,
        message="The utility refuses the password.",
        locale="de",
        externalId="ticket-7",
        metadata={"a": "b"},
        redirectUrl="https://partner.example/thanks",
    ).json()

    assert said["allowedEmails"] == ["jane@example.com"]
    expires = datetime.fromisoformat(said["expiresAt"])
    assert timedelta(seconds=3590) < expires - datetime.now(UTC) <= timedelta(hours=1)
    assert (said["maxUses"], said["message"], said["locale"]) == (1, "The utility refuses the password.", "de")
    assert (said["externalId"], said["metadata"]) == ("ticket-7", {"a": "b"})
    assert said["redirectUrl"] == "https://partner.example/thanks"
    assert Delivery.objects.get().email == "jane@example.com"


def test_invalid_fields_are_named(invite):
    for wrong, pointer in [
        ({"prefill": {}}, "/prefill"),
        ({"prefill": None}, "/prefill"),
        ({"connectionId": "mine"}, "/connectionId"),
        ({"isAutomatic": True}, "/isAutomatic"),
        ({"useCount": 0}, "/useCount"),
        ({"allowedEmail": ["a@example.com"]}, "/allowedEmail"),
        ({"maxUses": 0}, "/maxUses"),
        ({"expiresInSeconds": 59}, "/expiresInSeconds"),
        ({"redirectUrl": "https://elsewhere.example"}, "/redirectUrl"),
    ]:
        assert wrong_fields(invite(**wrong)) == [pointer]
        assert not Invitation.objects.exists()


def test_repair_update_rejects_prefill(api, invite):
    made = invite().json()

    answer = api.patch(f"invitation/{made['id']}", {"prefill": {"country": "GB"}})

    assert wrong_fields(answer) == ["/prefill"]
    assert Invitation.objects.get().prefill == {}


def test_connections_of_other_partners_give_404(stranger, connection):
    problem_in(stranger.post(f"invitation/connection/{connection.pk}"), 404)

    assert not Invitation.objects.exists()


def test_unknown_connection_gives_404(api, company):
    problem_in(api.post(f"invitation/connection/{uuid4()}"), 404)


def test_collector_key_cannot_invite(company, connection):
    scopes = [Scope.CONNECTIONS_READ, Scope.CREDENTIALS_READ, Scope.CONNECTIONS_STATUS]
    collector = Api(make_api_key(company.partner, scopes=scopes)[1])

    problem_in(collector.post(f"invitation/connection/{connection.pk}"), 403)


def test_retry_creates_one_invitation(api, connection):
    path = f"invitation/connection/{connection.pk}"

    first, again = (api.post(path, {}, Idempotency_Key="k").json() for _ in range(2))

    assert first == again
    assert Invitation.objects.count() == 1


def test_list_filters_by_connection_and_type(api, company, connection, invite):
    repair = invite().json()["id"]
    create = str(make_invitation(company).pk)
    another = api.post(f"invitation/connection/{make_connection(company).pk}").json()["id"]

    def ids(**query):
        page = api.get(f"invitation/company/{company.pk}", query).json()
        return {each["id"] for each in page["invitations"]}

    assert ids(connectionId=str(connection.pk)) == {repair}
    assert ids(invitationType="EDIT_CONNECTION") == {repair, another}
    assert ids(invitationType="CREATE_CONNECTION") == {create}
    assert ids(invitationType=["CREATE_CONNECTION", "EDIT_CONNECTION"]) == {repair, create, another}
    assert ids(connectionId=str(connection.pk), invitationType="CREATE_CONNECTION") == set()


def test_repair_counts_and_creates_no_connection(api, connection, invite):
    made = invite(maxUses=1).json()

    page = Client().post(f"/p/i/{made['token']}/connect", answers(provider=None))

    assert page.status_code == 302
    said = api.get(f"invitation/{made['id']}").json()
    assert (said["status"], said["useCount"], said["createdConnections"]) == ("FULFILLED", 1, [])
    assert [event["type"] for event in said["events"]] == ["CREATED", "USED", "FULFILLED"]
    (event,) = [event for event in said["events"] if event["type"] == "USED"]
    assert event["detail"] == {"connectionId": str(connection.pk), "consent": CONSENT._asdict()}
