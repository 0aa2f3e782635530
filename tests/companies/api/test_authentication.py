"""The header `X-API-KEY`."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from companies.models import ApiKey
from companies.services.partners import revoke_api_key
from tests.companies.refusals import problem_in
from tests.conftest import Api
from tests.factories import PartnerFactory, let_expire, make_api_key


def refused(caller: Api) -> Any:
    """The problem of a call whose key does not open anything."""
    answer = caller.get("ping")
    assert answer["WWW-Authenticate"] == 'ApiKey realm="latchkey"'
    return problem_in(answer, 401)


def test_without_a_key_one_is_asked_for(db):
    problem = refused(Api(None))

    assert problem["code"] == "NOT_AUTHENTICATED"
    assert "X-API-KEY" in problem["detail"]


@pytest.mark.parametrize(
    "value",
    ["", "x", "lk_", "lk_00000000_" + "x" * 43, "Bearer x", "\x00", "ключ".encode().decode("latin-1"), "x" * 9999],
)
def test_an_unknown_key_is_refused(db, value):
    make_api_key(PartnerFactory())

    assert refused(Api(value))["code"] == "INVALID_API_KEY"


def test_a_key_is_taken_whole_and_in_its_own_case(db):
    value = make_api_key(PartnerFactory())[1]

    for near in (value[:-1], value + "x", value.upper(), f"{value}\x00"):
        refused(Api(near))


def test_expired_and_revoked_keys_are_refused_in_the_words_of_an_unknown_one(db):
    expired = make_api_key(PartnerFactory())[1]
    let_expire()
    key, revoked = make_api_key(PartnerFactory())
    revoke_api_key(key)

    answers = [refused(Api(value)) | {"requestId": ""} for value in (expired, revoked, "unknown")]

    assert answers[0] == answers[1] == answers[2]


def test_a_key_that_will_expire_opens_until_then(db):
    value = make_api_key(PartnerFactory(), expires_at=timezone.now() + timedelta(minutes=1))[1]

    assert Api(value).get("ping").status_code == 200


@pytest.mark.parametrize("header", ["X-API-KEY", "x-api-key", "X-Api-Key"])
def test_the_header_may_be_written_in_any_case(db, header):
    value = make_api_key(PartnerFactory())[1]

    assert Client().get("/v2/ping", headers={header: value}).status_code == 200


@pytest.mark.parametrize("header", ["Authorization", "X_API_KEY", "API-KEY"])
def test_no_other_header_will_do(db, header):
    value = make_api_key(PartnerFactory())[1]

    if header != "X_API_KEY":  # servers drop names with an underscore; Django's client makes them the same
        assert Client().get("/v2/ping", headers={header: value}).status_code == 401
    assert Client().get("/v2/ping", {header: value}).status_code == 401


def test_a_session_of_staff_is_no_key(admin_client):
    assert admin_client.get("/v2/ping").status_code == 401


def test_the_ping_tells_the_visible_part_of_the_key_only(db):
    key, value = make_api_key(PartnerFactory())

    answer = Api(value).get("ping")

    assert answer.json() == {"partner": key.partner.name, "apiKey": key.prefix}
    assert value not in answer.content.decode()


def test_the_last_use_is_noted_once_a_minute(db, django_assert_num_queries):
    key, value = make_api_key(PartnerFactory())
    caller = Api(value)

    def last_use() -> Any:
        caller.get("ping")
        key.refresh_from_db()
        return key.last_used_at

    first = last_use()
    assert timezone.now() - first < timedelta(seconds=5)
    with django_assert_num_queries(1):
        caller.get("ping")
    assert last_use() == first

    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    assert last_use() >= first


def test_a_refused_key_is_not_used(db):
    key, value = make_api_key(PartnerFactory())
    revoke_api_key(key)

    Api(value).get("ping")

    key.refresh_from_db()
    assert key.last_used_at is None


def test_who_may_not_call_is_told_so_before_the_body_is_looked_at(db):
    answer = Client().post("/v2/company", b"\xff not JSON", content_type="text/plain")

    problem_in(answer, 401)
