"""Simultaneous requests with one `Idempotency-Key`, and retries after a server was killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.idempotency import idempotent
from companies.models import Company, StoredAnswer
from tests.companies.api.keyed import keyed, post
from tests.companies.refusals import problem_in
from tests.conftest import Api
from tests.database import database_url
from tests.factories import CompanyFactory, make_api_key
from tests.races import race
from tests.secrecy import searched_output

pytestmark = pytest.mark.django_db(transaction=True)

# a server that can be killed after it created the invitations and before it responds
SERVER = """
import sys, time
import django
django.setup()
from django.test import RequestFactory
from invitations.api.bulk import viewsets

def create_and_wait(*args, **kwargs):
    create_items(*args, **kwargs)
    print("made", flush=True)
    time.sleep(60)

create_items, viewsets.create_items = viewsets.create_items, create_and_wait
key, path, company_id, body = sys.argv[1:]
headers = {"X-API-KEY": key, "Idempotency-Key": "k"}
request = RequestFactory().post(path, body, content_type="application/json", headers=headers)
viewsets.BulkInvitationViewSet.as_view({"post": "create"})(request, company_id=company_id)
"""


@pytest.mark.parametrize("path", ["company", "invitation", "site"])
def test_simultaneous_requests_create_one_object(path):
    company = CompanyFactory()
    value = make_api_key(company.partner)[1]
    where, body, made = {
        "company": ("company", {"name": "Bakery"}, Company.objects.filter(name="Bakery")),
        "invitation": (f"invitation/company/{company.pk}", {"maxUses": 1}, company.invitations),
        "site": (f"site/company/{company.pk}", {"name": "Roof"}, company.sites),
    }[path]

    answers = race(50, lambda _: post(Api(value), where, body, key="k"))

    assert made.count() == 1
    assert StoredAnswer.objects.count() == 1
    kinds = Counter(answer.status_code for answer in answers)
    assert set(kinds) <= {201, 409}, kinds
    fresh = [answer for answer in answers if answer.status_code == 201 and "Idempotent-Replayed" not in answer]
    assert len(fresh) == 1
    assert {answer.content for answer in answers if answer.status_code == 201} == {fresh[0].content}
    for answer in answers:
        if answer.status_code == 409:
            assert problem_in(answer, 409)["code"] == "REQUEST_IN_PROGRESS"
    assert post(Api(value), where, body, key="k").content == fresh[0].content


def test_simultaneous_different_bodies_create_one_object():
    company = CompanyFactory()
    value = make_api_key(company.partner)[1]

    answers = race(20, lambda index: post(Api(value), "company", {"name": f"Bakery {index}"}, key="k"))

    kinds = Counter(answer.status_code for answer in answers)
    assert kinds[201] == 1
    assert set(kinds) <= {201, 409, 422}, kinds
    assert Company.objects.filter(name__startswith="Bakery").count() == 1


def test_simultaneous_keys_create_one_object_each():
    company = CompanyFactory()
    value = make_api_key(company.partner)[1]

    answers = race(20, lambda index: post(Api(value), "company", {"name": "Bakery"}, key=f"key {index}"))

    assert {answer.status_code for answer in answers} == {201}
    assert Company.objects.filter(name="Bakery").count() == 20


def test_killed_server_leaves_nothing_for_retry():
    company = CompanyFactory()
    value = make_api_key(company.partner)[1]
    path = f"invitation/company/{company.pk}/bulk"
    body = {"items": [{"externalId": str(number), "maxUses": 1} for number in range(20)]}
    arguments = [value, f"/v2/{path}", str(company.pk), json.dumps(body)]
    environment = os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=searched_output(),
        text=True,
    ) as server:
        assert server.stdout.readline() == "made\n"
        meanwhile = post(Api(value), path, body, key="k")
        server.send_signal(signal.SIGKILL)
    assert problem_in(meanwhile, 409)["code"] == "REQUEST_IN_PROGRESS"
    assert not company.invitations.exists()

    retry = until_it_is_not_in_progress(lambda: post(Api(value), path, body, key="k"))

    assert retry.status_code == 207
    assert "Idempotent-Replayed" not in retry
    assert company.invitations.count() == 20
    again = post(Api(value), path, body, key="k")
    assert (again["Idempotent-Replayed"], again.content) == ("true", retry.content)


def until_it_is_not_in_progress(ask: Any) -> Any:
    """Wait until the database notices that the killed server is gone."""
    deadline = time.monotonic() + 60
    while (answer := ask()).status_code == 409 and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def test_second_request_conflicts_while_first_runs():
    company = CompanyFactory()
    _key, value = make_api_key(company.partner)
    path, running, finish = f"invitation/company/{company.pk}", threading.Event(), threading.Event()

    class Slow(PartnerViewSet):
        required_scopes = {"POST": None}

        @idempotent
        def create(self, request: Any) -> Any:
            running.set()
            finish.wait(60)
            return Response({"id": uuid4()}, status=201)

    def first() -> None:
        Slow.as_view({"post": "create"})(keyed(f"/v2/{path}", value))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert running.wait(60)
    meanwhile = post(Api(value), path, key="k")
    another_key = post(Api(value), path, key="another")
    finish.set()
    thread.join()

    assert problem_in(meanwhile, 409)["code"] == "REQUEST_IN_PROGRESS"
    assert another_key.status_code == 201
    assert post(Api(value), path, key="k")["Idempotent-Replayed"] == "true"
