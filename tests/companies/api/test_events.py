"""The feed of events."""

from datetime import timedelta
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from companies.models import PartnerEvent, Scope
from companies.services.webhooks.feed import delete_old_events
from config.db.uuid7 import first_uuid7_at
from invitations.services.invitations import record_view
from tests.companies.refusals import problem_in, wrong_fields
from tests.conftest import Api
from tests.factories import CompanyFactory, make_api_key, make_connection, make_endpoint, make_invitation


def shown(response):
    """Type and resource of each event."""
    return [(event["type"], event["data"]["id"]) for event in response.json()["events"]]


def created(*invitations):
    return [("invitation.created", str(invitation.pk)) for invitation in invitations]


def test_pages_follow_each_other(api, company):
    empty = api.get("event").json()
    made = [make_invitation(company) for _ in range(3)]
    first = api.get("event", {"limit": 2})
    second = api.get("event", {"limit": 2, "after": first.json()["nextCursor"]})
    third = api.get("event", {"after": second.json()["nextCursor"]})

    assert empty == {"events": [], "perPage": 50, "hasNext": False, "nextCursor": None}
    assert [shown(each) for each in (first, second, third)] == [created(*made[:2]), created(made[2]), []]
    assert [each.json()["hasNext"] for each in (first, second, third)] == [True, False, False]
    following = f"/v2/event?limit=2&after={first.json()['nextCursor']}"
    assert [first.headers.get("Link", "").partition(">")[0].endswith(following), "Link" in second.headers] == [
        True,
        False,
    ]
    assert third.json()["nextCursor"] == second.json()["nextCursor"] == second.json()["events"][0]["id"]
    assert [event["sequence"] for event in first.json()["events"]] == [1, 2]


def test_feed_shows_world_companies_and_scopes(company):
    test_company, other = (
        CompanyFactory(partner=company.partner, is_live=False),
        CompanyFactory(partner=company.partner),
    )
    ours, in_test, others = (make_invitation(each) for each in (company, test_company, other))
    make_invitation()
    connection = make_connection(other)
    both = [Scope.INVITATIONS_READ, Scope.CONNECTIONS_READ]
    keys = {
        "all": {"scopes": both},
        "test": {"scopes": both, "is_live": False},
        "limited": {"scopes": both, "company_ids": [other.pk]},
        "invitations": {"scopes": [Scope.INVITATIONS_READ]},
    }
    clients = {name: Api(make_api_key(company.partner, **fields)[1]) for name, fields in keys.items()}
    of_connection = ("connection.created", str(connection.pk))
    assert {name: shown(client.get("event")) for name, client in clients.items()} == {
        "all": [*created(ours, others), of_connection],
        "test": created(in_test),
        "limited": [*created(others), of_connection],
        "invitations": created(ours, others),
    }
    assert shown(clients["all"].get("event", {"type": "connection.created"})) == [of_connection]
    assert wrong_fields(clients["invitations"].get("event", {"type": "connection.created"})) == ["?type"]
    first = clients["all"].get("event", {"limit": 1}).json()["nextCursor"]
    for name in ("test", "limited"):  # the cursor of an event that it does not see
        assert problem_in(clients[name].get("event", {"after": first}), 410)["code"] == "EVENT_GONE"


def test_event_of_a_webhook_is_a_cursor(api, company):
    first, second = (make_invitation(company) for _ in range(2))
    api.get("event")
    event = PartnerEvent.objects.get(resource_id=first.pk)
    assert shown(api.get("event", {"after": str(event.pk)})) == created(second)


def test_rare_types_keep_a_cursor(api, company):
    for _ in range(2):
        make_invitation(company)
    viewed = {"type": "invitation.viewed"}
    cursor = api.get("event", viewed).json()["nextCursor"]
    invitation = make_invitation(company)
    record_view(invitation)
    assert shown(api.get("event", {"after": cursor} | viewed)) == [("invitation.viewed", str(invitation.pk))]


def test_old_events_are_deleted(api, company):
    now = timezone.now()
    for days in (63, 62, 29):
        invitation = make_invitation(company)
        PartnerEvent.objects.filter(resource_id=invitation.pk).update(id=first_uuid7_at(now - timedelta(days=days)))
    first, second, _ = (event["id"] for event in api.get("event").json()["events"])
    make_endpoint(company).deliveries.create(event_id=first)

    assert delete_old_events() == 2
    assert shown(api.get("event")) == created(invitation)
    assert shown(api.get("event", {"after": second})) == created(invitation)  # it has missed none
    assert problem_in(api.get("event", {"after": first}), 410)["code"] == "EVENT_GONE"
    PartnerEvent.objects.update(id=first_uuid7_at(now - timedelta(days=62)))
    newest = api.get("event").json()["events"][0]["id"]
    assert delete_old_events() == 1
    following = make_invitation(company)
    assert shown(api.get("event", {"after": newest})) == created(following)


@pytest.mark.django_db(transaction=True)
def test_reader_misses_no_late_commit():
    company = CompanyFactory()
    api = Api(make_api_key(company.partner)[1])
    published, may_commit = Signal(), Signal()

    def publish_slowly():
        try:
            with transaction.atomic():
                slow.append(make_invitation(company))
                published.set()
                assert may_commit.wait(30)
        finally:
            database.close()

    slow: list[Any] = []
    thread = Thread(target=publish_slowly)
    thread.start()
    assert published.wait(30)
    fast = make_invitation(company)
    first = api.get("event")
    may_commit.set()
    thread.join()
    second = api.get("event", {"after": first.json()["nextCursor"]})
    assert [shown(first), shown(second)] == [created(fast), created(*slow)]
