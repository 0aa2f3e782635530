"""What staff upload and paste to invite many; what does not hold is said on its field."""

import pytest
from django.urls import reverse

from invitations.admin.batches.example import COLUMN_WORDS
from invitations.models import Batch, Invitation
from invitations.services.batches.rows import COLUMNS
from tests.invitations.admin.batches.pages import ADD, errors_of, file_of, page, upload
from tests.invitations.admin.pages import may, words
from tests.invitations.services.batches.drafts import CREATED, READY, count_rows, people, run


def told(client, response):
    assert response.status_code == 302
    assert response.url == ADD
    return [str(message) for message in client.get(ADD).context["messages"]]


def test_a_file_becomes_a_draft_of_whoever_uploads_it(admin_client, company, staff):
    response = upload(admin_client, company, file=file_of(people(3)), message="Hello", send_email="on")

    batch = Batch.objects.get()
    assert response.url == page("change", batch)
    assert (str(batch), batch.created_by, batch.message) == ("people.csv", staff, "Hello")
    assert (batch.expires_in.days, batch.max_uses, batch.send_email) == (14, 1, True)
    assert count_rows(batch) == {READY: 3}
    assert not Invitation.objects.exists()


def test_no_company_is_chosen_beforehand_unless_the_address_names_one(admin_client, company):
    assert '<option value="" selected></option>' in words(admin_client.get(ADD))
    named = words(admin_client.get(ADD, {"company": company.pk}))
    assert f'<option value="{company.pk}" selected>' in named
    assert '<option value="" selected>' not in named


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
        (
            {"addresses": "a@example.com", "message": "live\u202e"},
            "message",
            "There is a character in this that cannot",
        ),
    ],
)
def test_what_does_not_hold_is_said_on_its_field(admin_client, company, fields, field, said):
    (said_of,) = errors_of(upload(admin_client, company, **fields)).items()

    assert said_of[0] == field
    assert said_of[1][0].startswith(said)
    assert not Batch.objects.exists()


def test_all_that_is_missing_is_said_at_once(admin_client, company):
    errors = errors_of(admin_client.post(ADD, {"company": "", "expires_in": "14"}))

    assert errors == {
        "company": ["Choose a company."],
        "file": ["Choose a file or paste addresses: one of the two."],
    }


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


def test_a_file_beyond_the_limit_is_told_without_being_kept(admin_client, company):
    response = upload(admin_client, company, file=file_of(b"x" * (6 * 1024 * 1024)))

    assert told(admin_client, response) == ["The file is larger than 5 MiB. Please split it into several files."]


def test_a_paste_beyond_the_limit_is_told(admin_client, company):
    response = upload(admin_client, company, addresses="a@example.com\n" * 320_000)

    assert told(admin_client, response) == [
        "What you pasted is larger than 4 MiB. Please save it as a CSV file, and upload that."
    ]


def test_a_file_larger_than_what_the_api_takes_is_read(admin_client, company):
    rows = b"email,message\n" + b"".join(b"person%d@example.com,%s\n" % (n, b"x" * 1000) for n in range(2000))

    upload(admin_client, company, file=file_of(rows))

    assert Batch.objects.get().row_count == 2000


@pytest.mark.parametrize("size", [300 * 1024, 6 * 1024 * 1024])
def test_of_a_stranger_no_file_is_read_and_nothing_is_told(client, company, size):
    response = upload(client, company, file=file_of(b"x" * size))

    assert response.status_code == 413
    assert client.get(ADD).status_code == 302


def test_of_staff_who_may_not_upload_no_file_is_read(client, company):
    client.force_login(may("view_invitation"))

    assert upload(client, company, file=file_of(b"x" * 300 * 1024)).status_code == 413
    assert not Batch.objects.exists()


def test_the_example_holds(admin_client, company):
    example = b"".join(admin_client.get(reverse("admin:invitations_batch_example")).streaming_content)

    batch = run(company, example)

    assert count_rows(batch) == {CREATED: 3}
    assert (
        [name for name, _ in COLUMN_WORDS] == list(COLUMNS) == example.decode("utf-8-sig").split("\r\n")[0].split(",")
    )


def test_the_list_of_invitations_leads_to_inviting_many(admin_client, client):
    listed = reverse("admin:invitations_invitation_changelist")
    assert f'href="{ADD}">Invite many' in words(admin_client.get(listed))

    client.force_login(may("view_invitation"))
    assert "Invite many" not in words(client.get(listed))
