"""Invitations as JSON."""

import re
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from companies.actors import SYSTEM
from connections.models.status import Status as ConnectionStatus
from invitations.models import Invitation, InvitationType
from invitations.services.invitations import revoke_invitation
from tests.factories import DatasourceFactory, make_connection, make_invitation
from tests.invitations.api.uses import spend_use

KEYS = {
    *("id", "token", "invitationType", "status", "invitationUrl", "companyId", "connectionId", "allowedEmails"),
    *("expiresAt", "maxUses", "useCount", "createdAt", "prefill", "createdConnections", "updatedAt", "message"),
    *("locale", "externalId", "metadata", "redirectUrl", "revokedAt", "reminders"),
    *("allowForwarding", "declinedAt"),
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def invitation(company) -> Invitation:
    return make_invitation(company, expires_in=timedelta(days=1), max_uses=2)


def test_fields_are_those_of_the_contract(api, company, invitation):
    created = api.post(f"invitation/company/{company.pk}").json()
    (_, listed) = api.get(f"invitation/company/{company.pk}").json()["invitations"]
    shown = api.get(f"invitation/{invitation.pk}").json()
    revoked = api.post(f"invitation/{invitation.pk}/revoke").json()

    assert set(created) == set(listed) == set(revoked) == KEYS
    assert set(shown) == KEYS | {"events", "hasMoreEvents", "deliveries"}


def test_responses_show_the_same_values(api, company):
    body = {"expiresInSeconds": 3600, "maxUses": 2, "prefill": {"country": "GB"}, "metadata": {"a": "b"}}
    created = api.post(f"invitation/company/{company.pk}", body).json()

    shown = api.get(f"invitation/{created['id']}").json()
    (listed,) = api.get(f"invitation/company/{company.pk}").json()["invitations"]

    assert {name: shown[name] for name in created} == created == listed


def test_times_are_utc_with_z(api, invitation):
    revoke_invitation(invitation, by=SYSTEM)

    shown = api.get(f"invitation/{invitation.pk}").json()

    for name in ("createdAt", "updatedAt", "expiresAt", "revokedAt"):
        assert MOMENT.fullmatch(shown[name]), name
    assert parse_datetime(shown["createdAt"]) == invitation.created_at
    assert parse_datetime(shown["expiresAt"]) == invitation.expires_at


def test_missing_values_are_null(api, company):
    shown = api.get(f"invitation/{make_invitation(company).pk}").json()

    for name in ("connectionId", "expiresAt", "maxUses", "message", "externalId", "redirectUrl", "revokedAt"):
        assert shown[name] is None, name


@override_settings(PUBLIC_URL="https://connect.example.org", ALLOWED_HOSTS=["*"], TRUSTED_PROXIES=1)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Host": "evil.example:8000", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "1", "Forwarded": "host=evil"},
    ],
)
def test_url_uses_the_public_url(api, company, headers):
    made = api.post(f"invitation/company/{company.pk}", **headers).json()

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", made["token"])
    assert made["invitationUrl"] == f"https://connect.example.org/p/i/{made['token']}"


def test_unreadable_token_hides_no_other_row(api, company):
    good, damaged = make_invitation(company), make_invitation(company)
    Invitation.objects.filter(pk=damaged.pk).update(encrypted_token=b"of a key that is gone")

    listed = {each["id"]: each for each in api.get(f"invitation/company/{company.pk}").json()["invitations"]}
    shown = api.get(f"invitation/{damaged.pk}").json()

    assert [(each["token"], each["invitationUrl"]) for each in (listed[str(damaged.pk)], shown)] == [(None, None)] * 2
    assert listed[str(good.pk)]["token"] == good.token
    assert api.patch(f"invitation/{damaged.pk}", {"maxUses": 2}).status_code == 200
    assert api.post(f"invitation/{damaged.pk}/rotate").json()["token"]


def test_tokens_are_unique(api, company):
    tokens = {api.post(f"invitation/company/{company.pk}").json()["token"] for _ in range(5)}

    assert len(tokens) == 5


def test_created_connections_are_oldest_first(api, company):
    datasource = DatasourceFactory(name="Stadtwerke Übersee")
    invitation = make_invitation(company, max_uses=3)
    first = spend_use(invitation, datasource=datasource)
    second = spend_use(invitation, url="https://portal.utility.example.com/login")

    shown = api.get(f"invitation/{invitation.pk}").json()

    assert shown["useCount"] == 2
    assert [set(made) for made in shown["createdConnections"]] == [{"id", "datasourceName", "status", "created"}] * 2
    assert [(made["id"], made["datasourceName"], made["status"]) for made in shown["createdConnections"]] == [
        (str(first.pk), "Stadtwerke Übersee", ConnectionStatus.PENDING),
        (str(second.pk), "portal.utility.example.com", ConnectionStatus.PENDING),
    ]
    assert [parse_datetime(made["created"]) for made in shown["createdConnections"]] == [
        first.created_at,
        second.created_at,
    ]
    assert all(MOMENT.fullmatch(made["created"]) for made in shown["createdConnections"])
    (listed,) = api.get(f"invitation/company/{company.pk}").json()["invitations"]
    assert listed["createdConnections"] == shown["createdConnections"]


def test_repair_invitation_names_its_connection(api, company):
    connection = make_connection(company)
    invitation = make_invitation(company)
    Invitation.objects.filter(pk=invitation.pk).update(
        invitation_type=InvitationType.EDIT_CONNECTION, connection=connection
    )

    shown = api.get(f"invitation/{invitation.pk}").json()

    assert (shown["invitationType"], shown["connectionId"]) == ("EDIT_CONNECTION", str(connection.pk))
    assert (shown["prefill"], shown["createdConnections"]) == ({}, [])


def test_status_is_the_first_that_applies(api, company):
    now = timezone.now()
    invitation = make_invitation(company, max_uses=1, expires_in=timedelta(days=1))

    def status_with(**facts) -> str:
        Invitation.objects.filter(pk=invitation.pk).update(**facts)
        return api.get(f"invitation/{invitation.pk}").json()["status"]

    assert status_with() == "ACTIVE"
    assert status_with(created_at=now - timedelta(days=2), expires_at=now - timedelta(days=1)) == "EXPIRED"
    assert status_with(use_count=1) == "FULFILLED"
    assert status_with(revoked_at=now) == "REVOKED"
