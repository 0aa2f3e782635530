"""Events on the page of a connection."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.actors import CONTRIBUTOR, SYSTEM, Actor
from companies.admin.timeline import MOST_LINES
from connections.models import Connection, ConnectionEvent
from connections.models.status import Status
from connections.services.connections import change_credentials, report_status
from connections.services.credentials import read_credentials
from tests.connections.admin.pages import SECRETS, words
from tests.factories import CompanyFactory, UserFactory, make_api_key, make_connection, make_invitation


@pytest.fixture
def row(company):
    return make_connection(company, credentials=SECRETS)


def page(client, row):
    return client.get(reverse("admin:connections_connection_change", args=[row.pk]))


def lines(client, row):
    shown = page(client, row).context["timeline"].lines
    return [(str(line.event), line.event.actor_name, line.notes) for line in shown]


def test_events_show_type_actor_and_notes(admin_client, company, row):
    key, _ = make_api_key(company.partner, name="Collector")
    read_credentials(row, by=Actor.partner(key))
    report_status(row, Status.PASSWORD_INCORRECT, by=Actor.partner(key), error_detail="The site said no.")
    change_credentials(row, credentials=SECRETS, by=CONTRIBUTOR, email="ann@example.com")

    assert lines(admin_client, row) == [
        ("Created", "Latchkey", []),
        ("Login details read", str(key), []),
        (
            "Status changed",
            str(key),
            ["From “Waiting to be checked” to “User name or password refused”", "Detail: The site said no."],
        ),
        ("New login details", "contributor", ["ann@example.com"]),
        (
            "Status changed",
            "contributor",
            ["ann@example.com", "From “User name or password refused” to “Waiting to be checked”"],
        ),
    ]


def test_repeated_status_shows_its_new_detail(admin_client, row):
    for detail in ("503", "Still 503"):
        report_status(row, Status.WEBSITE_DOWN, by=SYSTEM, error_detail=detail)

    assert lines(admin_client, row)[-1] == (
        "Status confirmed",
        "Latchkey",
        ["Still “Provider’s site is down”", "Detail: Still 503"],
    )


def test_event_links_to_its_invitation(admin_client, company, row):
    invitation = make_invitation(company)
    change_credentials(row, credentials=SECRETS, by=CONTRIBUTOR, invitation_id=invitation.pk)

    address = reverse("admin:invitations_invitation_change", args=[invitation.pk])
    assert f'<a href="{address}">Open the invitation</a>' in words(page(admin_client, row))


def test_events_escape_text_and_hide_secrets(admin_client, row):
    report_status(row, Status.OTHER_ERROR, by=SYSTEM, error_detail="<script>alert(1)</script>")
    read_credentials(row, by=SYSTEM)

    content = words(page(admin_client, row))

    assert "Detail: &lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "<script>alert" not in content
    assert not any(secret in content for secret in SECRETS.values())


def test_page_links_to_events_not_history(admin_client, row):
    content = words(page(admin_client, row))

    assert '<a href="#events">Events</a>' in content
    assert 'id="events"' in content
    assert reverse("admin:connections_connection_history", args=[row.pk]) not in content


def test_viewer_sees_events(client, groups, row):
    viewer = UserFactory(is_superuser=False)
    viewer.groups.add(groups["Viewer"])
    client.force_login(viewer)

    assert lines(client, row) == [("Created", "Latchkey", [])]


def test_user_limited_elsewhere_sees_nothing(client, groups, row):
    limited = UserFactory(is_superuser=False, is_limited=True)
    limited.groups.add(groups["Viewer"])
    limited.companies.add(CompanyFactory())
    client.force_login(limited)

    response = page(client, row)

    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))


def test_page_query_count_does_not_grow(admin_client, company, row):
    staff = UserFactory()
    key, _ = make_api_key(company.partner)

    def grow(number):
        ConnectionEvent.objects.bulk_create(
            ConnectionEvent(connection=row, type="CREDENTIALS_READ", actor="STAFF", user=staff, api_key=key)
            for _ in range(number)
        )

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page(admin_client, row)
        return len(captured)

    grow(10)
    queries()  # fills the cache of content types
    few = queries()
    grow(990)
    assert queries() == few == 10
    response = page(admin_client, row)
    timeline = response.context["timeline"]
    assert (len(timeline.lines), timeline.has_earlier) == (MOST_LINES, True)
    assert [line.event.pk for line in timeline.lines] == sorted(line.event.pk for line in timeline.lines)
    assert "The newest 100 events. There are earlier ones." in words(response)


def test_event_shows_both_status_labels(admin_client, row):
    for status in set(Status) - {Status.DISABLED}:
        old = Status.CONNECTED if status == Status.PENDING else Status.PENDING
        Connection.objects.update(status=old)
        if status == Status.PENDING:
            change_credentials(row, credentials=SECRETS, by=SYSTEM)
        else:
            report_status(row, status, by=SYSTEM)
        assert lines(admin_client, row)[-1][2] == [f"From “{old.label}” to “{status.label}”"]
