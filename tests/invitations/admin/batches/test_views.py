"""The page of a batch: its statuses, its buttons, its progress and its result."""

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


def test_the_draft_shows_a_verdict_for_each_row(admin_client, company):
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

    assert "2 invitations can be created.</strong> 3 rows will be left out" in shown
    assert 'value="Create 2 invitations"' in shown
    for said in (
        ">Ready</span>",
        ">Duplicate in file</span>",
        "The same address as in row 2.",
        ">Has a mistake</span>",
        "maxUses: “x” is not a whole number.",
        "An active invitation for this address exists.",
        reverse("admin:invitations_invitation_change", args=[existing.pk]),
    ):
        assert said in shown
    assert "All <span>5</span>" in shown


def test_the_rows_are_narrowed_to_a_verdict_a_hundred_a_page(admin_client, company):
    batch = draft(company, people(250) + b"\nnonsense\nworse")

    def rows(**query):
        return [row.number for row, _ in admin_client.get(page("change", batch), query).context["rows"]]

    assert rows(p=3) == list(range(202, 254))
    assert rows(verdict="READY", p=3) == list(range(202, 252))
    assert rows(verdict="MALFORMED") == [252, 253]
    assert rows(verdict="CREATED") == []
    assert rows(verdict="nonsense", p="99") == list(range(202, 254))
    assert rows(verdict="MALFORMED", p="x") == [252, 253]


@pytest.mark.parametrize("rows", [10, 1000])
def test_the_page_costs_the_same_for_ten_rows_and_for_a_thousand(admin_client, company, rows):
    batch = run(company, people(rows))
    admin_client.get(page("change", batch))

    with CaptureQueriesContext(connection) as queries:
        admin_client.get(page("change", batch))

    # session, user, the batch, its company, who uploaded it, who started it, the counts, how many, and the rows
    assert len(queries) == 10, [query["sql"][:100] for query in queries]


@pytest.mark.parametrize("batches", [10, 1000])
def test_the_list_costs_the_same_for_ten_batches_and_for_a_thousand(admin_client, company, staff, batches):
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


def test_create_without_a_ready_row_says_why_not(admin_client, company):
    batch = draft(company, "email", "nonsense")

    response = admin_client.post(page("create", batch), follow=True)

    assert "No row is ready." in words(response)
    assert 'value="Create' not in words(response)


def test_looking_starts_and_discards_nothing(admin_client, company):
    batch = draft(company, people(3))

    for name in ("create", "discard"):
        assert admin_client.get(page(name, batch)).status_code == 405
    for name in ("change", "progress", "result"):
        admin_client.get(page(name, batch))
        assert admin_client.post(page(name, batch)).status_code == 405

    assert Batch.objects.get().state == "DRAFT"


def test_a_draft_is_discarded_and_that_is_logged(admin_client, company, staff):
    batch = draft(company, people(3), file_name="people.csv")

    response = admin_client.post(page("discard", batch), follow=True)

    assert "“people.csv” was discarded. Nothing was created." in words(response)
    assert not Batch.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (staff, str(batch.pk), "people.csv")
    assert entry.is_deletion()


def test_what_was_started_is_not_discarded(admin_client, company):
    batch = start_batch(draft(company, people(3)), by=UserFactory())

    response = admin_client.post(page("discard", batch), follow=True)

    assert "The invitations are being created." in words(response)
    assert Batch.objects.exists()
    assert not LogEntry.objects.exists()


def test_the_progress_is_told_to_the_script(admin_client, company):
    batch = draft(company, people(3) + b"\nnonsense")

    response = admin_client.get(page("progress", batch))

    assert response.json() == {
        "state": "DRAFT",
        "done": 1,
        "total": 4,
        "created": 0,
        "words": "1 of 4 rows done, 0 invitations created.",
    }
    assert "no-store" in response["Cache-Control"]


def test_the_result_says_what_became_of_each_row(admin_client, company):
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
    assert malformed["error"] == "An email address must have an @-sign."
    assert (malformed["invitationId"], malformed["invitationUrl"]) == ("", "")
    assert (invited["result"], invited["invitationUrl"]) == ("INVITED", existing.url)
    shown = words(admin_client.get(page("change", batch)))
    assert "1 invitation created." in shown
    assert made.token not in shown


def test_hostile_text_is_text_on_the_page_and_in_the_result(admin_client, company):
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


def test_whoever_takes_the_links_along_is_logged(admin_client, company, staff):
    batch = run(company, people(3), file_name=f"{'long' * 60}.csv")

    response = admin_client.get(page("result", batch))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (staff, str(batch.pk), "Export as CSV began.")
    assert response.getvalue()

    assert LogEntry.objects.get().change_message == "Exported 3 rows with their links as CSV, complete."


def test_a_result_without_links_is_logged_as_that(client, company):
    batch = run(company, people(3))
    client.force_login(may("add_invitation"))

    assert len(result(client, batch)) == 3
    assert LogEntry.objects.get().change_message == "Exported 3 rows as CSV, complete."


@pytest.mark.parametrize("rows", [10, 150])
def test_the_result_is_read_in_one_look(admin_client, company, rows):
    batch = run(company, people(rows))
    ContentType.objects.get_for_model(Batch)

    with CaptureQueriesContext(connection) as queries:
        assert len(result(admin_client, batch)) == rows

    # session, user, the batch, the line in the log, the rows, and the line when all is read
    assert len(queries) == 7, [query["sql"][:100] for query in queries]


def test_the_same_file_uploaded_again_offers_nothing_to_create(admin_client, company):
    run(company, people(3))

    upload(admin_client, company, file=file_of(people(3)))

    again = Batch.objects.order_by("-pk").first()
    assert count_rows(again) == {INVITED: 3}
    shown = words(admin_client.get(page("change", again)))
    assert "There is nothing to create.</strong> Everybody in the file was invited before" in shown
    assert "Correct the file" not in shown
    assert 'value="Create' not in shown


def test_a_file_with_nothing_but_mistakes_and_old_acquaintances_is_to_be_corrected(admin_client, company):
    make_invitation(company, allowed_emails=["a@example.com"])
    batch = draft(company, "email", "a@example.com", "a@example.com", "nonsense")

    assert "Correct the file, then upload it again." in words(admin_client.get(page("change", batch)))


def test_a_malformed_cell_is_shown_as_it_was_given(admin_client, company):
    batch = draft(company, "email,country", "anna at example.com,GB")

    assert "anna at example.com" in words(admin_client.get(page("change", batch)))
    assert count_rows(batch) == {MALFORMED: 1}
