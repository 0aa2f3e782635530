"""Pages of bulk invitations, as tests use them."""

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

ADD = reverse("admin:invitations_batch_add")
LIST = reverse("admin:invitations_batch_changelist")


def page(name, batch):
    return reverse(f"admin:invitations_batch_{name}", args=[batch.pk])


def file_of(content, name="people.csv"):
    return SimpleUploadedFile(name, content, content_type="text/csv")


def upload(client, company, **fields):
    return client.post(ADD, {"company": company.pk, "expires": "14", "uses": "one"} | fields)


def errors_of(response):
    return response.context["adminform"].form.errors


def result(client, batch):
    text = b"".join(client.get(page("result", batch)).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))
