import pytest
from django.db import OperationalError
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from config.operations import views
from config.operations.finding import Finding
from tests.config.operations.test_jobs import TASK, make_job
from tests.factories import UserFactory

PAGE = "admin:operations"


def text_of(response):
    return " ".join(response.content.decode().split())


def test_page_shows_the_state(admin_client):
    failed, stuck = make_job("failed"), make_job("doing")
    page = text_of(admin_client.get(reverse(PAGE)))

    assert "No worker has reported" in page
    assert f"Job {failed}, queue mail, 40 attempts, failed" in page
    assert f"Job {stuck}, queue mail, 40 attempts, stuck" in page
    for heading in (
        "Queues",
        "This installation",
        "Largest tables",
        "Mails that did not arrive",
        "Encryption keys in use",
    ):
        assert f">{heading}</h2>" in page
    assert page.count("This part has no answer") == 0


def test_broken_part_leaves_the_others(admin_client, monkeypatch):
    def fail():
        raise OperationalError("with a value of a row")

    monkeypatch.setattr(views, "queue_figures", fail)
    monkeypatch.setattr(views, "examine", lambda *, offline: [Finding("Clock", "It is late.", "Go home.")])
    page = text_of(admin_client.get(reverse(PAGE)))

    assert "This part has no answer of the database: no connection." in page
    assert "<strong>Clock.</strong> It is late." in page
    assert "with a value of a row" not in page


def test_jobs_are_retried_and_dropped(admin_client):
    retried, dropped = make_job("failed"), make_job("failed")
    answer = admin_client.post(reverse("admin:operations_retry", args=[retried]), follow=True)
    assert "A worker runs the job again." in text_of(answer)

    question = reverse("admin:operations_drop", args=[dropped])
    assert f"Drop job {dropped}?" in text_of(admin_client.get(question))
    assert "The job was dropped." in text_of(admin_client.post(question, follow=True))
    assert "This job has not failed" in text_of(admin_client.post(question, follow=True))
    assert list(ProcrastinateJob.objects.filter(task_name=TASK).values_list("pk", "status")) == [(retried, "todo")]


@pytest.mark.django_db
def test_only_superusers_may_look(client):
    member = UserFactory.create(is_staff=True, is_superuser=False)
    client.force_login(member)
    job = make_job("failed")
    answers = [
        client.get(reverse(PAGE)),
        client.post(reverse("admin:operations_retry", args=[job])),
        client.post(reverse("admin:operations_drop", args=[job])),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "Operations" not in text_of(client.get(reverse("admin:index")))
