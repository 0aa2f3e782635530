"""The page of a bulk invitation: statuses, buttons, progress and result."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from invitations.models import Batch
from invitations.services.batches.create import start_batch
from tests.factories import UserFactory, make_invitation
from tests.invitations.admin.batches.pages import LIST, file_of, page, result, upload
from tests.invitations.admin.pages import may, words
from tests.invitations.services.batches.drafts import INVITED, MALFORMED, count_rows, draft, people, run

HOSTILE = ["<script>alert(1)</script>", "=cmd|'/c calc'!A1", '"><img src=x onerror=alert(1)>']


def test_draft_shows_the_status_of_each_row(admin_client, company):
    existing = make_invitation(company, allowed_emails=["d@example.com"])
    batch = draft(
        company,
        "email,maxUses",
        "a@example.com,",
        "a@example.com,",
        "b@example.com,x",
        "c@example.com,",
        "d@example.com,",
    )

    shown = words(admin_client.get(page("change", batch)))

    assert "2 invitations can be created.</strong>" in shown
    assert "3 rows will be left out; the list below says why." in shown
    assert 'value="Create 2 invitations"' in shown
    for said in (
        ">Ready</span>",
        ">Duplicate in file</span>",
        "The same address as in row 2.",
        ">Has a mistake</span>",
        "maxUses: ",
        "An active invitation for this address exists.",
        reverse("admin:invitations_invitation_change", args=[existing.pk]),
    ):
        assert said in shown
    assert "All <span>5</span>" in shown


def test_rows_are_filtered_and_paged(admin_client, company):
    batch = draft(company, people(250) + b"\nnonsense\nworse")

    def rows(**query):
        return [row.number for row, _ in admin_client.get(page("change", batch), query).context["rows"]]

    assert rows(p=3) == list(range(202, 254))
    assert rows(status="READY", p=3) == list(range(202, 252))
    assert rows(status="MALFORMED") == [252, 253]
    assert rows(status="CREATED") == []
    assert rows(status="nonsense", p="99") == list(range(202, 254))
    assert rows(status="MALFORMED", p="x") == [252, 253]


@pytest.mark.parametrize("rows", [10, 120])
def test_page_query_count_does_not_grow(admin_client, company, rows):
    batch = run(company, people(rows))
    admin_client.get(page("change", batch))

    with CaptureQueriesContext(connection) as queries:
        admin_client.get(page("change", batch))

    # session, user, batch, company, uploader, starter, counts by status, number of rows, rows
    assert len(queries) == 11, [query["sql"][:100] for query in queries]


@pytest.mark.parametrize("batches", [10, 1000])
def test_list_query_count_does_not_grow(admin_client, company, staff, batches):
    Batch.objects.bulk_create(Batch(company=company, created_by=staff, row_count=3) for _ in range(batches))

    with CaptureQueriesContext(connection) as queries:
        shown = words(admin_client.get(LIST))

    assert len(queries) == 5, [query["sql"][:100] for query in queries]
    assert shown.count("Not created yet") == min(batches, 50)


def test_create_starts_the_work_once(admin_client, company, staff):
    batch = draft(company, people(3))

    responses = [admin_client.post(page("create", batch)) for _ in range(2)]

    assert [response.url for response in responses] == [page("change", batch)] * 2
    assert Batch.objects.get().started_by == staff
    assert ProcrastinateJob.objects.filter(args={"batch_id": str(batch.pk)}).count() == 1
    assert LogEntry.objects.filter(object_id=str(batch.pk), change_message="Started.").exists()
    shown = words(admin_client.get(page("change", batch)))
    assert "0 of 3 rows done, 0 invitations created." in shown
    assert 'http-equiv="refresh"' in shown


def test_create_needs_a_ready_row(admin_client, company):
    batch = draft(company, "email", "nonsense")

    response = admin_client.post(page("create", batch), follow=True)

    assert '<li class="error">' in words(response)
    assert 'value="Create' not in words(response)


def test_pages_accept_only_their_method(admin_client, company):
    batch = draft(company, people(3))

    for name in ("create", "discard"):
        assert admin_client.get(page(name, batch)).status_code == 405
    for name in ("change", "progress", "result"):
        admin_client.get(page(name, batch))
        assert admin_client.post(page(name, batch)).status_code == 405

    assert Batch.objects.get().state == "DRAFT"


def test_discarded_draft_is_logged(admin_client, company, staff):
    batch = draft(company, people(3), file_name="people.csv")

    response = admin_client.post(page("discard", batch), follow=True)

    assert "“people.csv” was discarded. Nothing was created." in words(response)
    assert not Batch.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (staff, str(batch.pk), "people.csv")
    assert entry.is_deletion()


def test_started_batch_is_not_discarded(admin_client, company):
    batch = start_batch(draft(company, people(3)), by=UserFactory())

    response = admin_client.post(page("discard", batch), follow=True)

    assert '<li class="error">' in words(response)
    assert Batch.objects.exists()
    assert not LogEntry.objects.exists()


def test_progress_is_json(admin_client, company):
    batch = draft(company, people(3) + b"\nnonsense")

    response = admin_client.get(page("progress", batch))

    assert response.json() == {
        "state": "DRAFT",
        "done": 1,
        "total": 4,
        "created": 0,
        "text": "1 of 4 rows done, 0 invitations created.",
    }
    assert "no-store" in response["Cache-Control"]


def test_result_has_status_and_link(admin_client, company):
    existing = make_invitation(company, allowed_emails=["c@example.com"])
    batch = run(company, "email,externalId", "a@example.com,7", "nonsense,8", "c@example.com,")

    created, malformed, invited = result(admin_client, batch)

    made = batch.rows.get(number=2).invitation
    assert created == {
        "number": "2",
        "email": "a@example.com",
        "externalId": "7",
        "result": "CREATED",
        "error": "",
        "invitationId": str(made.pk),
        "invitationUrl": made.url,
    }
    assert (malformed["email"], malformed["result"]) == ("nonsense", "MALFORMED")
    assert malformed["error"]
    assert (malformed["invitationId"], malformed["invitationUrl"]) == ("", "")
    assert (invited["result"], invited["invitationUrl"]) == ("INVITED", existing.url)
    shown = words(admin_client.get(page("change", batch)))
    assert "1 invitation created." in shown
    assert made.token not in shown


def test_page_and_result_disarm_hostile_text(admin_client, company):
    lines = ['"{0}","{0}"'.format(text.replace('"', '""')) for text in HOSTILE]
    batch = draft(company, "email,externalId", *lines, file_name=HOSTILE[0])
    make_invitation(company, external_id=HOSTILE[1])
    batch = run(company, "email,externalId", "a@example.com,\"=cmd|'/c calc'!A2\"", *lines, file_name=HOSTILE[2])

    for each in (words(admin_client.get(page("change", batch))), words(admin_client.get(LIST))):
        assert "<script>alert" not in each
        assert "<img src=x" not in each
    cells = [cell for row in result(admin_client, batch) for cell in row.values()]
    assert "'=cmd|'/c calc'!A1" in cells
    assert "'=cmd|'/c calc'!A2" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_download_of_links_is_logged(admin_client, company, staff):
    batch = run(company, people(3), file_name=f"{'long' * 60}.csv")

    response = admin_client.get(page("result", batch))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (staff, str(batch.pk), "Export as CSV started.")
    assert response.getvalue()

    assert LogEntry.objects.get().change_message == "Exported 3 rows with their links as CSV, complete."


def test_download_without_links_is_logged(client, company):
    batch = run(company, people(3))
    client.force_login(may("add_invitation"))

    assert len(result(client, batch)) == 3
    assert LogEntry.objects.get().change_message == "Exported 3 rows as CSV, complete."


@pytest.mark.parametrize("rows", [10, 150])
def test_result_query_count_does_not_grow(admin_client, company, rows):
    batch = run(company, people(rows))
    ContentType.objects.get_for_model(Batch)

    with CaptureQueriesContext(connection) as queries:
        assert len(result(admin_client, batch)) == rows

    # session, user, batch, log entry, rows, and the update of the log entry
    assert len(queries) == 7, [query["sql"][:100] for query in queries]


def test_second_upload_has_nothing_to_create(admin_client, company):
    run(company, people(3))

    upload(admin_client, company, file=file_of(people(3)))

    again = Batch.objects.order_by("-pk").first()
    assert count_rows(again) == {INVITED: 3}
    shown = words(admin_client.get(page("change", again)))
    assert "There is nothing to create.</strong> Every address in the file was invited before" in shown
    assert "Correct the file" not in shown
    assert 'value="Create' not in shown


def test_file_without_ready_rows_needs_correction(admin_client, company):
    make_invitation(company, allowed_emails=["a@example.com"])
    batch = draft(company, "email", "a@example.com", "a@example.com", "nonsense")

    assert "Correct the file, then upload it again." in words(admin_client.get(page("change", batch)))


def test_malformed_cell_is_shown_unchanged(admin_client, company):
    batch = draft(company, "email,country", "anna at example.com,GB")

    assert "anna at example.com" in words(admin_client.get(page("change", batch)))
    assert count_rows(batch) == {MALFORMED: 1}
