"""POST /v2/invitation/{id}/revoke."""

import pytest

from invitations.models import EventType
from tests.companies.refusals import wrong_fields
from tests.factories import make_invitation
from tests.invitations.api.uses import spend_use


def test_revoke(api, company):
    invitation = make_invitation(company)

    answer = api.post(f"invitation/{invitation.pk}/revoke")

    assert answer.status_code == 200
    revoked = answer.json()
    assert (revoked["id"], revoked["status"]) == (str(invitation.pk), "REVOKED")
    assert revoked["revokedAt"] == revoked["updatedAt"]
    assert api.get(f"invitation/{invitation.pk}").json()["status"] == "REVOKED"


def test_revoke_keeps_created_connections(api, company):
    invitation = make_invitation(company)
    connection = spend_use(invitation)

    revoked = api.post(f"invitation/{invitation.pk}/revoke").json()

    assert [made["id"] for made in revoked["createdConnections"]] == [str(connection.pk)]


def test_second_revoke_changes_nothing(api, company):
    invitation = make_invitation(company)
    first = api.post(f"invitation/{invitation.pk}/revoke", {"reason": "Sent to the wrong person"})

    second = api.post(f"invitation/{invitation.pk}/revoke", {"reason": "Another"})

    assert second.status_code == 200
    assert second.json() == first.json()
    (event,) = invitation.events.filter(type=EventType.REVOKED)
    assert event.detail == {"reason": "Sent to the wrong person"}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"reason": null}'])
def test_reason_is_optional(api, company, body):
    invitation = make_invitation(company)

    answer = api.client.post(f"/v2/invitation/{invitation.pk}/revoke", body, content_type="application/json")

    assert answer.status_code == 200
    assert invitation.events.get(type=EventType.REVOKED).detail == {}


def test_invalid_fields_are_named(api, company):
    for body, pointer in [
        ({"reason": "x" * 501}, "/reason"),
        ({"reason": 5}, "/reason"),
        ({"reason": ""}, "/reason"),
        ({"reason": "a\x00"}, "/reason"),
        ({"reasons": "x"}, "/reasons"),
        ({"revokedAt": "2026-01-01T00:00:00Z"}, "/revokedAt"),
    ]:
        invitation = make_invitation(company)

        assert wrong_fields(api.post(f"invitation/{invitation.pk}/revoke", body)) == [pointer]
        invitation.refresh_from_db()
        assert invitation.revoked_at is None
