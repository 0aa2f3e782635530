"""`GET /v2/connection/{id}/details`."""

import pytest
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from connections.models.status import Status
from connections.services.connections import report_status
from invitations.models import Use
from invitations.models.consent import CONSENT_VERSION
from invitations.services.consent import withdraw_consent
from tests.factories import make_connection, make_invitation
from tests.invitations.answers import saved

pytestmark = pytest.mark.django_db


def test_details_show_origin_and_history(api, company):
    invitation = make_invitation(company)
    made = saved(Client(), invitation)
    Connection.objects.update(verified_email="jane@example.com")
    report_status(made, Status.PASSWORD_INCORRECT, by=SYSTEM, error_detail="No.")

    said = api.get(f"connection/{made.pk}/details").json()

    assert (said["invitationId"], said["verifiedEmail"]) == (str(invitation.pk), "jane@example.com")
    assert (said["status"], said["statusErrorDetail"]) == ("PASSWORD_INCORRECT", "No.")
    assert [(line["type"], line["actor"], line["detail"]) for line in said["events"]] == [
        ("CREATED", "CONTRIBUTOR", {}),
        ("STATUS_CHANGED", "SYSTEM", {"from": "PENDING", "to": "PASSWORD_INCORRECT", "error": "No."}),
    ]


def test_details_show_the_consent(api, company):
    use = saved(Client(), make_invitation(company)).use
    Use.objects.update(email="jane@example.com")
    path = f"connection/{use.connection_id}/details"
    before = api.get(path).json()["consent"]

    withdraw_consent(use)

    after = api.get(path).json()["consent"]
    given = {"version": CONSENT_VERSION, "language": "en", "email": "jane@example.com"}
    assert before == given | {"givenAt": before["givenAt"], "withdrawnAt": None}
    assert after == before | {"withdrawnAt": after["withdrawnAt"]}
    assert before["givenAt"] < after["withdrawnAt"]
    assert api.get(f"connection/{make_connection(company).pk}/details").json()["consent"] is None


def test_details_show_the_latest_hundred_events(api, company):
    connection = make_connection(company)
    for number in range(120):
        report_status(connection, [Status.CONNECTED, Status.WEBSITE_DOWN][number % 2], by=SYSTEM)

    events = api.get(f"connection/{connection.pk}/details").json()["events"]

    assert len(events) == 100
    assert [line["id"] for line in events] == sorted(line["id"] for line in events)
    assert events[-1]["detail"]["to"] == "WEBSITE_DOWN"
