"""Upload of a bulk invitation: files, pasted addresses, and their errors."""

from django.urls import reverse

from invitations.admin.batches.example import COLUMN_HELP
from invitations.models import Batch, Invitation
from invitations.services.batches.rows import COLUMNS
from tests.factories import CompanyFactory
from tests.invitations.admin.batches.pages import ADD, errors_of, file_of, page, upload
from tests.invitations.admin.pages import may, words
from tests.invitations.services.batches.drafts import CREATED, READY, count_rows, people, run


def messages_of(client, response):
    assert response.status_code == 302
    assert response.url == ADD
    return [str(message) for message in client.get(ADD).context["messages"]]


def test_file_becomes_a_draft(admin_client, company, staff):
    response = upload(admin_client, company, file=file_of(people(3)), message="Hello", send_email="on")

    batch = Batch.objects.get()
    assert response.url == page("change", batch)
    assert (str(batch), batch.created_by, batch.message) == ("people.csv", staff, "Hello")
    assert (batch.expires_in.days, batch.max_uses, batch.send_email) == (14, 1, True)
    assert count_rows(batch) == {READY: 3}
    assert not Invitation.objects.exists()


def test_only_company_is_preselected(admin_client, company):
    assert f'<option value="{company.pk}" selected>' in words(admin_client.get(ADD))


def test_company_is_preselected_by_query(admin_client, company):
    CompanyFactory()
    assert '<option value="" selected></option>' in words(admin_client.get(ADD))
    named = words(admin_client.get(ADD, {"company": company.pk}))
    assert f'<option value="{company.pk}" selected>' in named
    assert '<option value="" selected>' not in named


def test_pasted_addresses_become_a_draft(admin_client, company):
    upload(admin_client, company, addresses="Anna <a@example.com>\r\nb@example.com\r\n", expires="never", uses="any")

    batch = Batch.objects.get()
    assert (str(batch), batch.expires_in, batch.max_uses) == ("Pasted addresses", None, None)
    assert list(batch.rows.order_by("number").values_list("email", flat=True)) == ["a@example.com", "b@example.com"]


def test_error_stands_on_its_field(admin_client, company):
    wanted = {
        "file": {},
        "addresses": {"addresses": "emial\na@b.example"},
        "max_uses": {"addresses": "a@example.com", "uses": "number", "max_uses": "0"},
        "message": {"addresses": "a@example.com", "message": "live\x07"},
        "expires": {"addresses": "a@example.com", "expires": "x"},
    }

    found = {name: list(errors_of(upload(admin_client, company, **fields))) for name, fields in wanted.items()}

    assert found == {name: [name] for name in wanted}
    assert not Batch.objects.exists()


def test_all_errors_are_shown_together(admin_client, company):
    errors = errors_of(admin_client.post(ADD, {"company": "", "expires": "14", "uses": "number"}))

    assert errors == {
        "company": ["Choose a company."],
        "file": ["Choose a file or paste addresses: one of the two."],
        "max_uses": ["Enter a number."],
    }


def test_unreadable_file_is_an_error(admin_client, company):
    for content in ("email,message\na@example.com,Grüße".encode("cp1252"), b"PK\x03\x04", b"", people(5001)):
        assert list(errors_of(upload(admin_client, company, file=file_of(content)))) == ["file"]


def test_file_excludes_pasted_addresses(admin_client, company):
    errors = errors_of(upload(admin_client, company, file=file_of(people(1)), addresses="a@example.com"))

    assert errors == {"file": ["Choose a file or paste addresses: one of the two."]}


def test_too_large_file_is_refused(admin_client, company):
    response = upload(admin_client, company, file=file_of(b"x" * (6 * 1024 * 1024)))

    assert messages_of(admin_client, response) == ["The file is larger than 5 MiB. Split it into several files."]


def test_too_large_paste_is_refused(admin_client, company):
    response = upload(admin_client, company, addresses="a@example.com\n" * 320_000)

    assert messages_of(admin_client, response) == [
        "The pasted text is larger than 4 MiB. Save it as a CSV file, and upload the file."
    ]


def test_file_may_exceed_the_api_limit(admin_client, company):
    rows = b"email,message\n" + b"".join(b"person%d@example.com,%s\n" % (n, b"x" * 1000) for n in range(400))

    upload(admin_client, company, file=file_of(rows))

    assert Batch.objects.get().row_count == 400


def test_anonymous_upload_is_not_read(client, company):
    for size in (300 * 1024, 6 * 1024 * 1024):
        answer = upload(client, company, file=file_of(b"x" * size))
        assert (answer.status_code, b"choose the file" in answer.content) == (413, True)
    assert client.get(ADD).status_code == 302


def test_upload_without_permission_is_not_read(client, company):
    client.force_login(may("view_invitation"))

    assert upload(client, company, file=file_of(b"x" * 300 * 1024)).status_code == 413
    assert not Batch.objects.exists()


def test_example_is_valid(admin_client, company):
    example = b"".join(admin_client.get(reverse("admin:invitations_batch_example")).streaming_content)

    batch = run(company, example)

    assert count_rows(batch) == {CREATED: 3}
    assert [name for name, _ in COLUMN_HELP] == list(COLUMNS) == example.decode("utf-8-sig").split("\r\n")[0].split(",")


def test_invitation_list_links_to_upload(admin_client, client):
    listed = reverse("admin:invitations_invitation_changelist")
    assert f'href="{ADD}">Create bulk invitation' in words(admin_client.get(listed))

    client.force_login(may("view_invitation"))
    assert "Create bulk invitation" not in words(client.get(listed))
