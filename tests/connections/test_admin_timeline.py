"""Staff see what happened to a connection: who did what, and when."""

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
from tests.companies.admin.pages import words
from tests.factories import CompanyFactory, UserFactory, make_api_key, make_connection, make_invitation

SECRETS = {"username": "a-name-at-the-utility", "password": "a-password-at-the-utility"}


@pytest.fixture
def admin_client(client, db):
    client.force_login(UserFactory())
    return client


@pytest.fixture
def row(company):
    return make_connection(company, credentials=SECRETS)


def page(client, row):
    return client.get(reverse("admin:connections_connection_change", args=[row.pk]))


def lines(client, row):
    shown = page(client, row).context["timeline"].lines
    return [(str(line.event), line.event.actor_name, line.notes) for line in shown]


def test_the_timeline_says_what_was_done_and_by_whom(admin_client, company, row):
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
            ["From “Waiting to be checked” to “User name or password refused”", "The answer: The site said no."],
        ),
        ("New login details", "contributor", ["ann@example.com"]),
        (
            "Status changed",
            "contributor",
            ["ann@example.com", "From “User name or password refused” to “Waiting to be checked”"],
        ),
    ]


def test_a_new_reason_of_the_same_status_is_told_as_such(admin_client, row):
    for detail in ("503", "Still 503"):
        report_status(row, Status.WEBSITE_DOWN, by=SYSTEM, error_detail=detail)

    assert lines(admin_client, row)[-1] == (
        "Status confirmed",
        "Latchkey",
        ["Still “Provider’s site is down”", "The answer: Still 503"],
    )


def test_the_timeline_leads_to_the_invitation_the_details_were_given_through(admin_client, company, row):
    invitation = make_invitation(company)
    change_credentials(row, credentials=SECRETS, by=CONTRIBUTOR, invitation_id=invitation.pk)

    address = reverse("admin:invitations_invitation_change", args=[invitation.pk])
    assert f'<a href="{address}">The invitation</a>' in words(page(admin_client, row))


def test_the_timeline_has_nothing_secret_and_shows_what_others_wrote_as_text(admin_client, row):
    report_status(row, Status.OTHER_ERROR, by=SYSTEM, error_detail="<script>alert(1)</script>")
    read_credentials(row, by=SYSTEM)

    content = words(page(admin_client, row))

    assert "The answer: &lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "<script>alert" not in content
    assert not any(secret in content for secret in SECRETS.values())


def test_what_happened_is_on_the_page_and_behind_no_button_that_leads_to_nothing(admin_client, row):
    content = words(page(admin_client, row))

    assert '<a href="#events">What happened</a>' in content
    assert 'id="events"' in content
    assert reverse("admin:connections_connection_history", args=[row.pk]) not in content


def test_a_viewer_sees_the_timeline(client, groups, row):
    viewer = UserFactory(is_superuser=False)
    viewer.groups.add(groups["Viewer"])
    client.force_login(viewer)

    assert lines(client, row) == [("Created", "Latchkey", [])]


def test_whoever_is_limited_to_another_company_sees_nothing(client, groups, row):
    limited = UserFactory(is_superuser=False, is_limited=True)
    limited.groups.add(groups["Viewer"])
    limited.companies.add(CompanyFactory())
    client.force_login(limited)

    response = page(client, row)

    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))


def test_the_page_asks_as_little_of_a_thousand_lines_as_of_ten(admin_client, company, row):
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
    queries()  # the first look of a process asks what kinds of things there are
    few = queries()
    grow(990)
    assert queries() == few == 8
    response = page(admin_client, row)
    timeline = response.context["timeline"]
    assert (len(timeline.lines), timeline.has_earlier) == (MOST_LINES, True)
    assert [line.event.pk for line in timeline.lines] == sorted(line.event.pk for line in timeline.lines)
    assert "The latest 100; there are earlier ones." in words(response)


@pytest.mark.parametrize("status", Status)
def test_a_move_to_every_status_is_told_in_its_words(admin_client, row, status):
    old = Status.CONNECTED if status == Status.PENDING else Status.PENDING
    Connection.objects.update(status=old)
    if status == Status.PENDING:
        change_credentials(row, credentials=SECRETS, by=SYSTEM)
    else:
        report_status(row, status, by=SYSTEM)

    assert lines(admin_client, row)[-1][2] == [f"From “{old.label}” to “{status.label}”"]
