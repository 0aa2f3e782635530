from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.models import Partner, User
from connections.models import Connection, Datasource
from connections.models.status import OUTCOMES, Status
from connections.services import sandbox, statements
from connections.services.sandbox import ensure_sandbox
from connections.tasks import check_sandbox
from tests.database import forget_jobs
from tests.factories import make_connection

CHECKS = "connections.tasks.check_sandbox"


@pytest.fixture
def no_jobs(db):
    forget_jobs()


def connect_as(username, **fields):
    return make_connection(
        datasource=ensure_sandbox(), credentials={"username": username, "password": "anything"}, **fields
    )


def status_of(connection):
    return Connection.objects.get(pk=connection.pk).status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("username", "status"),
    [("wrong-password", "PASSWORD_INCORRECT"), (" Wrong-Password ", "PASSWORD_INCORRECT"), ("other", "CONNECTED")],
)
def test_user_name_decides_the_status(username, status):
    connection = connect_as(username)

    check_sandbox(str(connection.pk))

    assert status_of(connection) == status
    assert [event.type for event in connection.events.order_by("pk")] == [
        "CREATED",
        "CREDENTIALS_READ",
        "STATUS_CHANGED",
    ]


def test_every_outcome_has_a_user_name():
    assert set(sandbox.OUTCOMES_BY_USER_NAME.values()) == OUTCOMES


@pytest.mark.django_db
@pytest.mark.usefixtures("no_jobs")
def test_check_is_queued_without_a_secret():
    before = timezone.now()
    connection = connect_as("works")
    after = timezone.now()

    job = ProcrastinateJob.objects.get(task_name=CHECKS)

    assert job.args == {"connection_id": str(connection.pk)}
    assert before < job.scheduled_at - timedelta(seconds=2) < after


@pytest.mark.django_db
@pytest.mark.usefixtures("no_jobs")
def test_real_providers_are_not_checked():
    connection = make_connection(credentials={"username": "wrong-password", "password": "x"})
    assert not ProcrastinateJob.objects.filter(task_name=CHECKS).exists()

    check_sandbox(str(connection.pk))

    assert status_of(connection) == Status.PENDING
    assert not connection.events.filter(type="CREDENTIALS_READ").exists()


@pytest.mark.django_db
def test_connection_is_checked_once():
    connection = connect_as("mfa")
    check_sandbox(str(connection.pk))

    check_sandbox(str(connection.pk))

    assert connection.events.filter(type="CREDENTIALS_READ").count() == 1


@pytest.mark.django_db
def test_command_creates_only_the_sandbox():
    def told():
        said = StringIO()
        call_command("sandbox", stdout=said)
        return said.getvalue()

    first = told()

    assert told() == first
    made = Datasource.objects.order_by("pk")
    assert first.splitlines() == [f"{each.name}: {each.pk}" for each in made]
    assert [each.name for each in made] == ["Sandbox Utility", "Demanding Sandbox"]
    assert all(each.is_sandbox for each in made)
    assert [each.asks_for for each in made] == [[], ["account_number", "authenticator_seed"]]
    assert not User.objects.exists()
    assert not Partner.objects.exists()


def test_worker_checks_the_sandbox(worker, monkeypatch):
    monkeypatch.setattr(statements, "SANDBOX_DELAY", timedelta(days=1))
    connection = connect_as("site-down")

    worker()
    assert status_of(connection) == Status.PENDING
    worker.later()

    assert status_of(connection) == Status.WEBSITE_DOWN
    assert ProcrastinateJob.objects.get(task_name=CHECKS).status == "succeeded"
