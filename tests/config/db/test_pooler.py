"""The product behind PgBouncer in transaction mode, with `DATABASE_POOLER=transaction`."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from config.admin import csv_export
from config.database import without_session_state
from config.jobs import defer
from tests.config.db.pgbouncer import pgbouncer
from tests.conftest import Api
from tests.factories import CompanyFactory, SiteFactory, UserFactory, make_api_key, make_invitation
from tests.secrecy import KNOWN

THREADS = 4


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[None]:
    """New connections go through PgBouncer."""
    with pgbouncer() as port, pytest.MonkeyPatch.context() as patch:
        entry = without_session_state(connection.settings_dict) | {"HOST": "127.0.0.1", "PORT": str(port)}
        for name, value in entry.items():
            patch.setitem(connection.settings_dict, name, value)
        connection.close()
        yield
        connection.close()


def test_threads_share_sessions(pooled, monkeypatch):
    monkeypatch.setattr(csv_export, "AT_ONCE", 2)
    company = CompanyFactory()
    SiteFactory.create_batch(5, company=company)
    invitation, (_, key) = make_invitation(company), make_api_key(company.partner)
    staff = Client()
    staff.force_login(UserFactory())

    def use(number: int) -> tuple[set[int], int]:
        api = Api(key)
        try:
            read = {api.get(f"invitation/{invitation.pk}").status_code for _ in range(8)}
            made = api.post(f"invitation/company/{company.pk}", {}, headers={"Idempotency-Key": f"thread-{number}"})
            KNOWN.note(made.json()["token"])
            export = staff.get("/admin/companies/site/export/").getvalue()
            return read | {made.status_code}, export.count(b"\r\n")
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(use, range(THREADS)))

    assert answers == [({200, 201}, 6)] * THREADS


def test_worker_does_its_jobs(pooled):
    with transaction.atomic():
        defer("config.tasks.delete_old_jobs", {"timestamp": 0})

    asyncio.run(work())

    # other periodic jobs may have become due meanwhile
    (job,) = ProcrastinateJob.objects.filter(task_name="config.tasks.delete_old_jobs")
    assert job.status == "succeeded"


async def work() -> None:
    """Do the waiting jobs."""
    try:
        async with app.with_connector(app.connector.get_worker_connector()).open_async() as worker:
            await worker.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)
    finally:
        # the thread of asgiref lives on, and the workers of other tests would get a connection to a stopped pooler
        await sync_to_async(connections.close_all)()
