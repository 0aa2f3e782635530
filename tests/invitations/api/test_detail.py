"""GET /v2/invitation/{id}."""

from datetime import timedelta

import pytest

from companies.actors import SYSTEM, Actor
from invitations.api.statements import LATEST_EVENTS
from invitations.models import EventType, InvitationEvent
from invitations.services.events import log_event
from invitations.services.invitations import record_view, revoke_invitation
from tests.factories import UserFactory, make_invitation
from tests.invitations.api.uses import spend_use
from tests.invitations.consents import CONSENT


def test_events_are_oldest_first(api, company):
    made = api.post(f"invitation/company/{company.pk}", {"maxUses": 1}).json()
    invitation = company.invitations.get()
    record_view(invitation)
    connection = spend_use(invitation)
    revoke_invitation(invitation, by=Actor.staff(UserFactory()), reason="Enough")

    events = api.get(f"invitation/{made['id']}").json()["events"]

    assert [set(event) for event in events] == [{"id", "type", "createdAt", "actor", "apiKey", "email", "detail"}] * 5
    assert [(event["type"], event["actor"], event["detail"]) for event in events] == [
        ("CREATED", "PARTNER", {}),
        ("VIEWED", "CONTRIBUTOR", {}),
        ("USED", "CONTRIBUTOR", {"connectionId": str(connection.pk), "consent": CONSENT._asdict()}),
        ("FULFILLED", "CONTRIBUTOR", {}),
        ("REVOKED", "STAFF", {"reason": "Enough"}),
    ]
    assert [event["email"] for event in events] == [None] * 5
    assert [event["createdAt"] for event in events] == sorted(event["createdAt"] for event in events)


def test_events_are_bounded_and_paged(api, company):
    invitation = make_invitation(company)
    for _ in range(LATEST_EVENTS):
        log_event(invitation, EventType.UPDATED, by=SYSTEM)

    detail = api.get(f"invitation/{invitation.pk}").json()
    first = api.get(f"invitation/{invitation.pk}/events", {"limit": 60}).json()
    last = api.get(f"invitation/{invitation.pk}/events", {"limit": 60, "cursor": first["nextCursor"]}).json()

    assert (len(detail["events"]), detail["hasMoreEvents"]) == (LATEST_EVENTS, True)
    assert (first["hasNext"], last["hasNext"]) == (True, False)
    paged = [*first["events"], *last["events"]]
    assert paged[:LATEST_EVENTS] == detail["events"][::-1]
    assert [event["type"] for event in paged[LATEST_EVENTS:]] == ["CREATED"]


def test_events_name_key_and_staff(api, company):
    api.post(f"invitation/company/{company.pk}")
    staff = UserFactory()
    revoke_invitation(company.invitations.get(), by=Actor.staff(staff))

    created, revoked = InvitationEvent.objects.order_by("pk")

    assert (created.api_key, created.user) == (company.partner.api_keys.get(), None)
    assert (revoked.api_key, revoked.user) == (None, staff)
    events = api.get(f"invitation/{company.invitations.get().pk}").json()["events"]
    assert [(event["actor"], event["apiKey"]) for event in events] == [
        ("PARTNER", company.partner.api_keys.get().prefix),
        ("STAFF", None),
    ]


def test_get_changes_nothing(api, company):
    invitation = make_invitation(company, expires_in=timedelta(hours=1), max_uses=1)

    first = api.get(f"invitation/{invitation.pk}").json()
    second = api.get(f"invitation/{invitation.pk}").json()

    assert first == second


@pytest.mark.parametrize("path", ["invitation/7", "invitation/01a21072-4c8c-72a9-a48a-e339ae75129a"])
def test_unknown_id_gives_404(api, path):
    assert api.get(path).status_code == 404
