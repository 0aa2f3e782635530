"""Authentication by the header `X-API-KEY`."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from companies.services.partners import revoke_api_key
from config.times import iso_8601
from tests.companies.refusals import problem_in
from tests.conftest import Api
from tests.factories import PartnerFactory, let_expire, make_api_key


def refused(caller: Api) -> Any:
    """The problem document of a call with an invalid key."""
    answer = caller.get("ping")
    assert answer["WWW-Authenticate"] == 'ApiKey realm="latchkey"'
    return problem_in(answer, 401)


def test_missing_key_is_unauthorized(db):
    problem = refused(Api(None))

    assert problem["code"] == "NOT_AUTHENTICATED"
    assert "X-API-KEY" in problem["detail"]


def test_unknown_key_is_unauthorized(db):
    make_api_key(PartnerFactory())
    for value in [
        "",
        "x",
        "lk_",
        "lk_00000000_" + "x" * 43,
        "Bearer x",
        "\x00",
        "ключ".encode().decode("latin-1"),
        "x" * 9999,
    ]:
        assert refused(Api(value))["code"] == "INVALID_API_KEY", value


def test_two_keys_are_named_as_such(db):
    value = make_api_key(PartnerFactory())[1]

    for joined in (f"{value},{value}", f"{value}, lk_other"):
        assert refused(Api(joined))["detail"] == "Send only one X-API-KEY header."


def test_key_is_compared_exactly(db):
    value = make_api_key(PartnerFactory())[1]

    for near in (value[:-1], value + "x", value.upper(), f"{value}\x00"):
        refused(Api(near))


def test_expired_and_revoked_keys_look_unknown(db):
    expired = make_api_key(PartnerFactory())[1]
    let_expire()
    key, revoked = make_api_key(PartnerFactory())
    revoke_api_key(key)

    answers = [refused(Api(value)) | {"requestId": ""} for value in (expired, revoked, "unknown")]

    assert answers[0] == answers[1] == answers[2]


def test_key_works_until_it_expires(db):
    value = make_api_key(PartnerFactory(), expires_at=timezone.now() + timedelta(minutes=1))[1]

    assert Api(value).get("ping").status_code == 200


def test_header_name_ignores_case(db):
    value = make_api_key(PartnerFactory())[1]
    for header in ["X-API-KEY", "x-api-key", "X-Api-Key"]:
        assert Client().get("/v2/ping", headers={header: value}).status_code == 200, header


def test_other_headers_are_ignored(db):
    value = make_api_key(PartnerFactory())[1]
    for header in ["Authorization", "X_API_KEY", "API-KEY"]:
        if header != "X_API_KEY":  # servers drop names with an underscore; Django's client makes them the same
            assert Client().get("/v2/ping", headers={header: value}).status_code == 401
        assert Client().get("/v2/ping", {header: value}).status_code == 401


def test_staff_session_is_not_a_key(admin_client):
    assert admin_client.get("/v2/ping").status_code == 401


def test_ping_shows_no_more_than_the_prefix(company):
    expires_at = timezone.now() + timedelta(days=1)
    only = {"scopes": ["companies:read"], "company_ids": [company.pk], "expires_at": expires_at}
    key, value = make_api_key(company.partner, **only)

    answer = Api(value).get("ping")

    assert answer.json() == {
        "partner": key.partner.name,
        "apiKey": key.prefix,
        "isLive": True,
        "scopes": ["companies:read"],
        "companyIds": [str(company.pk)],
        "expiresAt": iso_8601(expires_at),
    }
    assert value not in answer.content.decode()


def test_use_is_recorded_with_its_network(db, django_assert_num_queries):
    key, value = make_api_key(PartnerFactory())
    Api(value).get("ping")
    with django_assert_num_queries(1):
        Api(value).get("ping")

    key.refresh_from_db()
    assert timezone.now() - key.last_used_at < timedelta(seconds=5)
    assert [use.network for use in key.uses.all()] == ["127.0.0.0/24"]


def test_rejected_key_is_not_marked_used(db):
    key, value = make_api_key(PartnerFactory())
    revoke_api_key(key)

    Api(value).get("ping")

    key.refresh_from_db()
    assert key.last_used_at is None


def test_key_is_checked_before_the_body(db):
    answer = Client().post("/v2/company", b"\xff not JSON", content_type="text/plain")

    problem_in(answer, 401)
