"""POSTs with an `Idempotency-Key` are answered once."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.response import Response

from companies.api.base import PartnerView
from companies.api.idempotency import idempotent
from companies.exceptions import IdempotencyKeyReused
from companies.models import Company, StoredAnswer
from companies.services import delete_old_answers
from config.refusals import Refusal
from tests.companies.refusals import problem_in, wrong_fields
from tests.conftest import Api
from tests.factories import CompanyFactory, make_api_key


def post(api: Any, path: str, body: Any = None, *, key: str) -> Any:
    return api.post(path, body, Idempotency_Key=key)


def test_the_same_request_gets_the_same_answer_and_makes_one_thing(api, company):
    path = f"invitation/company/{company.pk}"

    first = post(api, path, {"maxUses": 1}, key="order-1")
    second = post(api, path, {"maxUses": 1}, key="order-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Content-Type"] == first["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["X-Request-Id"] != first["X-Request-Id"]
    assert company.invitations.count() == 1


def test_every_post_takes_a_key(api, company):
    invitation = api.post(f"invitation/company/{company.pk}").json()
    url = {"url": "https://utility.example.com", "username": "u", "password": "p"}
    posts = [
        ("company", {"name": "Another"}),
        (f"site/company/{company.pk}", {"name": "Roof"}),
        (f"connection/company/{company.pk}", url),
        (f"invitation/company/{company.pk}", {}),
        (f"invitation/{invitation['id']}/revoke", {}),
    ]
    for number, (path, body) in enumerate(posts):
        first = post(api, path, body, key=f"key {number}")
        second = post(api, path, body, key=f"key {number}")
        assert second["Idempotent-Replayed"] == "true", path
        assert second.content == first.content, path


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"Bakery","externalId":"1"}',
        b'{"externalId":"1","name":"Bakery"}',
        b' {"name" : "Bakery",\n\t"externalId": "\\u0031"} ',
    ],
)
def test_the_order_and_spacing_of_the_body_do_not_matter(api, body):
    post(api, "company", {"name": "Bakery", "externalId": "1"}, key="k")

    headers = {"Idempotency-Key": "k"}
    again = api.client.post("/v2/company", body, content_type="application/json", headers=headers)

    assert again["Idempotent-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(api):
    post(api, "company", {"name": "Bakery"}, key="k")

    answer = post(api, "company", {"name": "Brewery"}, key="k")

    assert problem_in(answer, 422)["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert not Company.objects.filter(name="Brewery").exists()


def test_the_same_key_at_another_path_is_refused(api, company):
    other = CompanyFactory(partner=company.partner)
    post(api, f"invitation/company/{company.pk}", key="k")

    problem_in(post(api, f"invitation/company/{other.pk}", key="k"), 422)

    assert not other.invitations.exists()


@pytest.mark.parametrize("key", ["", "k" * 256, "a\x00b"])
def test_a_key_has_1_to_255_characters(api, key):
    answer = post(api, "company", {"name": "Bakery"}, key=key)

    assert wrong_fields(answer) == ["/Idempotency-Key"]
    assert post(api, "company", {"name": "Bakery"}, key="k" * 255).status_code == 201


def test_a_key_belongs_to_the_api_key_that_sent_it(api, company, stranger):
    colleague = Api(make_api_key(company.partner)[1])

    names = [post(caller, "company", {"name": "Bakery"}, key="k").json()["id"] for caller in (api, colleague, stranger)]

    assert len(set(names)) == 3


def test_after_24_hours_the_key_is_new(api):
    first = post(api, "company", {"name": "Bakery"}, key="k")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    second = post(api, "company", {"name": "Brewery"}, key="k")

    assert second.json()["id"] != first.json()["id"]
    assert "Idempotent-Replayed" not in second
    assert post(api, "company", {"name": "Brewery"}, key="k").content == second.content


def test_just_before_24_hours_the_answer_is_still_kept(api):
    post(api, "company", {"name": "Bakery"}, key="k")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))

    assert delete_old_answers() == 0
    assert post(api, "company", {"name": "Bakery"}, key="k")["Idempotent-Replayed"] == "true"


def test_old_answers_are_forgotten(api):
    post(api, "company", {"name": "Bakery"}, key="old")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    post(api, "company", {"name": "Bakery"}, key="new")

    assert delete_old_answers() == 1
    assert StoredAnswer.objects.get().key == "new"


def test_a_400_is_an_answer_too(api):
    first = post(api, "company", {"name": ""}, key="k")
    second = post(api, "company", {"name": ""}, key="k")

    assert wrong_fields(first) == ["/name"]
    assert second["Idempotent-Replayed"] == "true"
    assert second["Content-Type"] == "application/problem+json"
    assert second.content == first.content


def test_a_body_that_is_not_json_keeps_the_key_free(api):
    headers = {"Idempotency-Key": "k"}
    broken = api.client.post("/v2/company", b"{", content_type="application/json", headers=headers)

    assert broken.status_code == 400
    assert post(api, "company", {"name": "Bakery"}, key="k").status_code == 201


def test_the_stored_answer_is_sealed(api, company):
    token = post(api, f"invitation/company/{company.pk}", key="k").json()["token"]

    stored = StoredAnswer.objects.values().get()

    assert token not in str(stored)
    assert token.encode() not in bytes(stored["sealed_body"])


@pytest.mark.parametrize("depth", [100, 254, 255, 1000])
def test_a_deeply_nested_body_is_refused_with_a_key_as_without(api, depth):
    body = b'{"name":' + b"[" * depth + b"]" * depth + b"}"
    headers = {"Idempotency-Key": "k"}

    answer = api.client.post("/v2/company", body, content_type="application/json", headers=headers)

    assert answer.status_code == 400


# --- what is not stored ------------------------------------------------------------------------------------


def keyed(path: str, value: str) -> Any:
    """An empty POST with an API key and the Idempotency-Key `k`."""
    headers = {"X-API-KEY": value, "Idempotency-Key": "k"}
    return RequestFactory().post(path, content_type="application/json", headers=headers)


class Turnstile(PartnerView):
    """A view that answers what it is told, and counts."""

    scopes = {"POST": None}
    outcome: Any = None
    calls = 0

    @idempotent
    def post(self, request: Any) -> Any:
        Turnstile.calls += 1
        CompanyFactory(name="Half done")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Tired(Refusal):
    status = 429


@pytest.mark.parametrize(
    ("outcome", "status", "is_stored"),
    [
        (Refusal(), 409, False),
        (Tired(), 429, False),
        (OperationalError("gone"), 503, False),
        (HttpResponse(status=500), 500, False),
        (IdempotencyKeyReused(), 422, True),
        (Response({"done": True}, status=202), 202, True),
    ],
)
def test_409_429_and_5xx_are_not_stored(company, outcome, status, is_stored):
    value = make_api_key(company.partner)[1]
    Turnstile.calls = 0

    def ask() -> int:
        request = keyed("/v2/x", value)
        return Turnstile.as_view(outcome=outcome)(request).status_code

    assert [ask(), ask()] == [status, status]
    assert Turnstile.calls == (1 if is_stored else 2)
    assert StoredAnswer.objects.count() == is_stored


def test_an_error_of_ours_stores_nothing_and_undoes_what_was_begun(company):
    value = make_api_key(company.partner)[1]
    request = keyed("/v2/x", value)

    with pytest.raises(ZeroDivisionError):
        Turnstile.as_view(outcome=ZeroDivisionError())(request)

    assert not StoredAnswer.objects.exists()
    assert not Company.objects.filter(name="Half done").exists()


# --- at the same time --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_make_one_invitation():
    company = CompanyFactory()
    value = make_api_key(company.partner)[1]
    start = threading.Barrier(8)
    answers = []

    def ask() -> None:
        caller = Api(value)
        start.wait()
        try:
            answers.append(post(caller, f"invitation/company/{company.pk}", {"maxUses": 1}, key="k"))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert company.invitations.count() == 1
    assert len(answers) == 8
    made = [answer for answer in answers if answer.status_code == 201]
    assert {answer.content for answer in made} == {made[0].content}
    for answer in answers:
        if answer.status_code != 201:
            assert problem_in(answer, 409)["code"] == "REQUEST_IN_PROGRESS"


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_running_the_second_is_told_and_may_try_again():
    company = CompanyFactory()
    _key, value = make_api_key(company.partner)
    path, running, finish = f"invitation/company/{company.pk}", threading.Event(), threading.Event()

    class Slow(PartnerView):
        scopes = {"POST": None}

        @idempotent
        def post(self, request: Any) -> Any:
            running.set()
            finish.wait(10)
            return Response({"id": uuid4()}, status=201)

    def first() -> None:
        Slow.as_view()(keyed(f"/v2/{path}", value))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert running.wait(10)
    meanwhile = post(Api(value), path, key="k")
    another_key = post(Api(value), path, key="another")
    finish.set()
    thread.join()

    assert problem_in(meanwhile, 409)["code"] == "REQUEST_IN_PROGRESS"
    assert another_key.status_code == 201
    assert post(Api(value), path, key="k")["Idempotent-Replayed"] == "true"
