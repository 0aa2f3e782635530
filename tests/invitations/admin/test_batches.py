"""Staff invite many: what each page shows, what each button does, and who may."""

import csv
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from invitations.admin.batch_example import COLUMN_WORDS
from invitations.models import Batch, Invitation
from invitations.services import COLUMNS, start_batch
from tests.factories import CompanyFactory, UserFactory, make_invitation
from tests.invitations.admin.pages import NO_ID, may, words
from tests.invitations.batches.sheets import CREATED, INVITED, MALFORMED, READY, counted, draft, people, run, verdicts

ADD = reverse("admin:invitations_batch_add")
LIST = reverse("admin:invitations_batch_changelist")
HOSTILE = ["<script>alert(1)</script>", "=cmd|'/c calc'!A1", '"><img src=x onerror=alert(1)>']


def page(name, batch):
    return reverse(f"admin:invitations_batch_{name}", args=[batch.pk])


def file_of(content, name="people.csv"):
    return SimpleUploadedFile(name, content, content_type="text/csv")


def upload(client, company, **fields):
    return client.post(ADD, {"company": company.pk, "expires_in": "14", "max_uses": "1"} | fields)


def errors_of(response):
    return response.context["adminform"].form.errors


def result(client, batch):
    text = b"".join(client.get(page("result", batch)).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def limited_to(*companies, perms=("add_invitation", "view_invitation")):
    user = may(*perms)
    user.is_limited = True
    user.save()
    user.companies.set(companies)
    return user


def test_a_file_becomes_a_draft_of_whoever_uploads_it(admin_client, company, staff):
    response = upload(admin_client, company, file=file_of(people(3)), message="Hello", send_email="on")

    batch = Batch.objects.get()
    assert response.url == page("change", batch)
    assert (str(batch), batch.created_by, batch.message) == ("people.csv", staff, "Hello")
    assert (batch.expires_in.days, batch.max_uses, batch.send_email) == (14, 1, True)
    assert counted(batch) == {READY: 3}
    assert not Invitation.objects.exists()


def test_pasted_addresses_become_a_draft_too(admin_client, company):
    upload(admin_client, company, addresses="Anna <a@example.com>\r\nb@example.com\r\n", expires_in="", max_uses="")

    batch = Batch.objects.get()
    assert (str(batch), batch.expires_in, batch.max_uses) == ("Pasted addresses", None, None)
    assert list(batch.rows.order_by("number").values_list("email", flat=True)) == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({}, "file", "Choose a file or paste addresses: one of the two."),
        ({"addresses": " \n"}, "file", "Choose a file or paste addresses: one of the two."),
        ({"addresses": "emial\na@b.example"}, "addresses", "“emial” is not the name of a column."),
        ({"addresses": "a@example.com", "max_uses": "0"}, "max_uses", "The number of uses is between 1 and 1,000,000."),
        ({"addresses": "a@example.com", "message": "x" * 2001}, "message", "Ensure this value has at most 2000"),
    ],
)
def test_what_does_not_hold_is_said_on_its_field(admin_client, company, fields, field, said):
    (said_of,) = errors_of(upload(admin_client, company, **fields)).items()

    assert said_of[0] == field
    assert said_of[1][0].startswith(said)
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("email,message\na@example.com,Grüße".encode("cp1252"), "This file is not in UTF-8: line 2"),
        (b"PK\x03\x04", "This is a workbook, and not a CSV file."),
        (b"", "The submitted file is empty."),
        (people(5001), "There are 5,001 rows, and at most 5,000"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_on_the_file(admin_client, company, content, said):
    errors = errors_of(upload(admin_client, company, file=file_of(content)))

    assert list(errors) == ["file"]
    assert errors["file"][0].startswith(said)


def test_both_a_file_and_a_paste_are_one_too_many(admin_client, company):
    errors = errors_of(upload(admin_client, company, file=file_of(people(1)), addresses="a@example.com"))

    assert errors == {"file": ["Choose a file or paste addresses: one of the two."]}


def told(client, response):
    assert response.status_code == 302
    assert response.url == ADD
    return [str(message) for message in client.get(ADD).context["messages"]]


def test_a_file_beyond_the_limit_is_told_without_being_kept(admin_client, company):
    response = upload(admin_client, company, file=file_of(b"x" * (6 * 1024 * 1024)))

    assert told(admin_client, response) == ["The file is larger than 5 MiB. Please split it into several files."]


def test_a_paste_beyond_the_limit_is_told(admin_client, company):
    response = upload(admin_client, company, addresses="a@example.com\n" * 20_000)

    assert told(admin_client, response) == [
        "What you pasted is larger than 256 KiB. Please save it as a CSV file, and upload that."
    ]


def test_a_file_larger_than_what_the_api_takes_is_read(admin_client, company):
    rows = b"email,message\n" + b"".join(b"person%d@example.com,%s\n" % (n, b"x" * 1000) for n in range(2000))

    upload(admin_client, company, file=file_of(rows))

    assert Batch.objects.get().row_count == 2000


def test_what_is_posted_from_elsewhere_is_refused(company, client):
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(UserFactory())
    batch = draft(company, people(2))

    assert upload(stranger, company, file=file_of(people(3))).status_code == 403
    for name in ("create", "discard"):
        assert stranger.post(page(name, batch)).status_code == 403
    assert verdicts(Batch.objects.get()) == [READY] * 2
    assert Batch.objects.get().state == "DRAFT"


def test_too_much_from_a_stranger_is_told_nothing(client, company):
    response = upload(client, company, file=file_of(b"x" * (6 * 1024 * 1024)))

    assert response.url == ADD
    assert client.get(ADD).status_code == 302


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
        ">Malformed</span>",
        "maxUses: “x” is not a whole number.",
        "An open invitation for this address exists.",
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
    assert len(queries) == 9, [query["sql"][:100] for query in queries]


@pytest.mark.parametrize("batches", [2, 20])
def test_the_list_costs_the_same_for_two_batches_and_for_twenty(admin_client, company, batches):
    for index in range(batches):
        draft(company, people(3), file_name=f"{index}.csv")

    with CaptureQueriesContext(connection) as queries:
        shown = words(admin_client.get(LIST))

    assert len(queries) == 4, [query["sql"][:100] for query in queries]
    assert shown.count("Not created yet") == batches


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


def test_a_draft_is_discarded(admin_client, company):
    response = admin_client.post(page("discard", draft(company, people(3), file_name="people.csv")), follow=True)

    assert "“people.csv” was discarded. Nothing was created." in words(response)
    assert not Batch.objects.exists()


def test_what_was_started_is_not_discarded(admin_client, company):
    batch = start_batch(draft(company, people(3)), by=UserFactory())

    response = admin_client.post(page("discard", batch), follow=True)

    assert "The invitations are being created." in words(response)
    assert Batch.objects.exists()


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
    assert malformed["error"] == "email: This is not an e-mail address."
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


def test_the_result_of_five_hundred_rows_is_read_in_one_look(admin_client, company):
    batch = run(company, people(150))

    with CaptureQueriesContext(connection) as queries:
        assert len(result(admin_client, batch)) == 150

    assert len(queries) <= 5, [query["sql"][:100] for query in queries]


def test_the_example_holds(admin_client, company):
    example = b"".join(admin_client.get(reverse("admin:invitations_batch_example")).streaming_content)

    batch = run(company, example)

    assert counted(batch) == {CREATED: 3}
    assert (
        [name for name, _ in COLUMN_WORDS] == list(COLUMNS) == example.decode("utf-8-sig").split("\r\n")[0].split(",")
    )


def test_the_list_of_invitations_leads_to_inviting_many(admin_client, client):
    listed = reverse("admin:invitations_invitation_changelist")
    assert f'href="{ADD}">Invite many' in words(admin_client.get(listed))

    client.force_login(may("view_invitation"))
    assert "Invite many" not in words(client.get(listed))


def test_whoever_may_only_look_follows_and_reads_but_starts_nothing(client, company):
    batch = draft(company, people(2))
    client.force_login(may("view_invitation"))

    for name in ("change", "progress", "result"):
        assert client.get(page(name, batch)).status_code == 200
    assert "Create 2" not in words(client.get(page("change", batch)))
    for name in ("create", "discard"):
        assert client.post(page(name, batch)).status_code == 403
    assert client.get(ADD).status_code == upload(client, company, addresses="a@example.com").status_code == 403
    assert client.get(reverse("admin:invitations_batch_example")).status_code == 403
    assert Batch.objects.get().state == "DRAFT"


def test_whoever_may_invite_but_not_see_invitations_gets_no_link(client, company):
    batch = run(company, people(2))
    client.force_login(may("add_invitation"))

    assert "invitationUrl" not in result(client, batch)[0]
    assert "The invitation<" not in words(client.get(page("change", batch)))


def test_whoever_may_nothing_sees_nothing(client, company):
    batch = draft(company, people(2))
    client.force_login(may("view_company"))

    for name in ("change", "progress", "result"):
        assert client.get(page(name, batch)).status_code == 403
    assert client.get(LIST).status_code == 403


def test_a_batch_of_a_company_that_is_not_open_is_not_there(client, company):
    others, own = draft(CompanyFactory(), people(2)), draft(company, people(2))
    client.force_login(limited_to(company))

    for name in ("change", "progress", "result"):
        assert client.get(page(name, others)).status_code == 404
        assert client.get(page(name, own)).status_code == 200
    for name in ("create", "discard"):
        assert client.post(page(name, others)).status_code == 404
    assert list(client.get(LIST).context["cl"].result_list) == [own]
    assert Batch.objects.get(pk=others.pk).state == "DRAFT"


def test_nobody_invites_for_a_company_that_is_not_open(client, company):
    client.force_login(limited_to(company))

    assert upload(client, company, addresses="a@example.com").status_code == 302
    errors = errors_of(upload(client, CompanyFactory(), addresses="a@example.com"))
    assert list(errors) == ["company"]
    assert Batch.objects.get().company == company


def test_a_batch_that_is_not_there_is_a_404(admin_client):
    for name in ("change", "progress", "result"):
        assert admin_client.get(reverse(f"admin:invitations_batch_{name}", args=[NO_ID])).status_code == 404


def test_the_same_file_uploaded_again_offers_nothing_to_create(admin_client, company):
    run(company, people(3))

    upload(admin_client, company, file=file_of(people(3)))

    again = Batch.objects.order_by("-pk").first()
    assert counted(again) == {INVITED: 3}
    shown = words(admin_client.get(page("change", again)))
    assert "There is nothing to create." in shown
    assert 'value="Create' not in shown


def test_a_malformed_cell_is_shown_as_it_was_given(admin_client, company):
    batch = draft(company, "email,country", "anna at example.com,GB")

    assert "anna at example.com" in words(admin_client.get(page("change", batch)))
    assert counted(batch) == {MALFORMED: 1}
