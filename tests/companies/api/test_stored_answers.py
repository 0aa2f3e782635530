"""Stored responses to POSTs with an `Idempotency-Key`: which, for how long, and encrypted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.idempotency import idempotent
from companies.exceptions import IdempotencyKeyReused
from companies.models import Company, StoredAnswer
from companies.services.partners import delete_old_answers
from config.exceptions import DomainError
from tests.companies.api.keyed import keyed, post
from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import CompanyFactory, make_api_key


def test_key_is_new_after_24_hours(api):
    first = post(api, "company", {"name": "Bakery"}, key="k")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    second = post(api, "company", {"name": "Brewery"}, key="k")

    assert second.json()["id"] != first.json()["id"]
    assert "Idempotent-Replayed" not in second
    assert post(api, "company", {"name": "Brewery"}, key="k").content == second.content


def test_response_is_kept_for_24_hours(api):
    post(api, "company", {"name": "Bakery"}, key="k")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))

    assert delete_old_answers() == 0
    assert post(api, "company", {"name": "Bakery"}, key="k")["Idempotent-Replayed"] == "true"


def test_old_responses_are_deleted(api):
    post(api, "company", {"name": "Bakery"}, key="old")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    post(api, "company", {"name": "Bakery"}, key="new")

    assert delete_old_answers() == 1
    assert StoredAnswer.objects.get().key == "new"


def test_400_is_stored(api):
    first = post(api, "company", {"name": ""}, key="k")
    second = post(api, "company", {"name": ""}, key="k")

    assert wrong_fields(first) == ["/name"]
    assert second["Idempotent-Replayed"] == "true"
    assert wrong_fields(second) == ["/name"]
    assert first.json() | {"requestId": second["X-Request-Id"]} == second.json()


def test_malformed_body_does_not_use_the_key(api):
    headers = {"Idempotency-Key": "k"}
    broken = api.client.post("/v2/company", b"{", content_type="application/json", headers=headers)

    assert broken.status_code == 400
    assert post(api, "company", {"name": "Bakery"}, key="k").status_code == 201


def test_stored_response_is_encrypted(api, company):
    token = post(api, f"invitation/company/{company.pk}", key="k").json()["token"]

    stored = StoredAnswer.objects.values().get()

    assert token not in str(stored)
    assert token.encode() not in bytes(stored["encrypted_body"])


def test_unreadable_response_is_not_repeated(api):
    post(api, "company", {"name": "Bakery"}, key="k")
    StoredAnswer.objects.update(encrypted_body=b"of a key that is gone")

    problem = problem_in(post(api, "company", {"name": "Bakery"}, key="k"), 409)

    assert problem["code"] == "STORED_RESPONSE_UNREADABLE"
    assert Company.objects.filter(name="Bakery").count() == 1


class Turnstile(PartnerViewSet):
    """Returns or raises `outcome`, and counts its calls."""

    required_scopes = {"POST": None}
    outcome: Any = None
    calls = 0

    @idempotent
    def create(self, request: Any) -> Any:
        Turnstile.calls += 1
        CompanyFactory(name="Half done")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Tired(DomainError):
    status = 429


@pytest.mark.parametrize(
    ("outcome", "status", "is_stored"),
    [
        (DomainError(), 409, False),
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
        return Turnstile.as_view({"post": "create"}, outcome=outcome)(request).status_code

    assert [ask(), ask()] == [status, status]
    assert Turnstile.calls == (1 if is_stored else 2)
    assert StoredAnswer.objects.count() == is_stored


def test_unexpected_error_rolls_back_everything(company):
    value = make_api_key(company.partner)[1]
    request = keyed("/v2/x", value)

    with pytest.raises(ZeroDivisionError):
        Turnstile.as_view({"post": "create"}, outcome=ZeroDivisionError())(request)

    assert not StoredAnswer.objects.exists()
    assert not Company.objects.filter(name="Half done").exists()
