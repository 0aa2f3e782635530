"""Every documented error of every operation can be caused.

The reverse, that no other error occurs, is checked for every response of every test: `check_documented`.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from companies.models import ApiKey, Company, Scope, StoredAnswer
from config.db.advisory_locks import _key
from config.http.body_limit import BODY_ERROR
from connections.models import Connection, Credential
from connections.models.status import Status
from invitations.models import Invitation, RateLimitWindow
from tests.config.api.documented_errors import error_code
from tests.config.api.operations import Operation, operations, path_ids
from tests.database import database_url, execute
from tests.factories import make_api_key

OPERATIONS = operations()
NOWHERE = UUID("019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21")


class Caller:
    """Sends one operation, valid except for what a test changes."""

    def __init__(self, operation: Operation, ids: dict[str, Any], key: ApiKey, value: str) -> None:
        self.operation, self.ids, self.key, self.value = operation, ids, key, value

    def __call__(
        self,
        body: Any = None,
        *,
        query: str = "",
        raw: bytes | None = None,
        ids: Any = None,
        content_type: str = "application/json",
        key: str | None = "",
        headers: dict[str, str] | None = None,
        **environ: str,
    ) -> Any:
        path = f"/v2/{self.operation.path(ids or self.ids)}{query}"
        sent = json.dumps(self.operation.example_body if body is None else body).encode() if raw is None else raw
        if self.operation.method == "get" and raw is None:
            sent = b""
        known = {} if key is None else {"X-API-KEY": key or self.value}
        client = Client(raise_request_exception=False, headers=known | (headers or {}))
        return client.generic(self.operation.method.upper(), path, sent, content_type=content_type, **environ)


def in_progress(call: Caller) -> Any:
    """Another request holds the lock."""
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [_key(f"answer:{call.key.pk}:k")])
        return call(headers={"Idempotency-Key": "k"})


def reused(call: Caller) -> Any:
    call({"nothing": 1}, headers={"Idempotency-Key": "k"})
    return call({"nothing": 2}, headers={"Idempotency-Key": "k"})


def broken(call: Caller) -> Any:
    """The table of API keys is missing."""
    with transaction.atomic():
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("DROP TABLE companies_apikey CASCADE")
        answer = call()
        transaction.set_rollback(True)
    return answer


def without_scope(call: Caller) -> Any:
    return call(key=make_api_key(call.key.partner, scopes=[])[1])


def revoked(call: Caller) -> Any:
    Invitation.objects.update(revoked_at=timezone.now())
    return call()


def below_what_is_used(call: Caller) -> Any:
    Invitation.objects.update(use_count=2)
    return call({"maxUses": 1})


def mailing(call: Caller) -> dict[str, bool]:
    """Body of a request that mails the invitation."""
    return {"sendEmail": True} if call.operation.method == "patch" else {}


def used_up(call: Caller) -> Any:
    Invitation.objects.update(use_count=5)
    return call(mailing(call))


def expired(call: Caller) -> Any:
    Invitation.objects.update(created_at=timezone.now().replace(year=2020), expires_at=timezone.now())
    return call(mailing(call))


def too_often(call: Caller) -> Any:
    now, key = timezone.now(), f"resend:{call.ids['invitation_id']}"
    RateLimitWindow.objects.create(key=key, started_at=now, count=10, attempts=[now] * 10)
    return call(mailing(call))


def inactive_company(call: Caller) -> Any:
    Company.objects.update(is_active=False)
    Connection.objects.update(status=Status.COMPANY_INACTIVE)
    return call(mailing(call) if "invitation_id" in call.operation.parameters else None)


def disabled(call: Caller) -> Any:
    Credential.objects.update(encrypted=None)
    return call({})


def inactive(call: Caller) -> Any:
    Connection.objects.update(status=Status.COMPANY_INACTIVE)
    return call({"status": "CONNECTED"})


def unreadable(call: Caller) -> Any:
    Credential.objects.update(encrypted=b"something else")
    return call({})


def moved(call: Caller) -> Any:
    Credential.objects.update(host="elsewhere.example")
    return call({})


def over_http(call: Caller) -> Any:
    with override_settings(SECURE_SSL_REDIRECT=True):
        return call()


def unreadable_response(call: Caller) -> Any:
    call({"nothing": 1}, headers={"Idempotency-Key": "k"})
    StoredAnswer.objects.update(encrypted_body=b"something else")
    return call({"nothing": 1}, headers={"Idempotency-Key": "k"})


CAUSES: dict[tuple[str, str], Callable[[Caller], Any]] = {
    ("400", "INVALID"): lambda call: call(query="?nothing=1"),
    ("400", "BAD_REQUEST"): lambda call: call(headers={"Host": "evil.example"}),
    ("400", "MALFORMED_JSON"): lambda call: call(raw=b"{"),
    ("400", "INVALID_IDEMPOTENCY_KEY"): lambda call: call(headers={"Idempotency-Key": ""}),
    ("401", "NOT_AUTHENTICATED"): lambda call: call(key=None),
    ("401", "INVALID_API_KEY"): lambda call: call(key="lk_nobody"),
    ("403", "SCOPE_MISSING"): without_scope,
    ("403", "HTTPS_REQUIRED"): over_http,
    ("404", "NOT_FOUND"): lambda call: call(ids=dict.fromkeys(call.ids, NOWHERE)),
    ("406", "NOT_ACCEPTABLE"): lambda call: call(headers={"Accept": "text/html"}),
    ("409", "REQUEST_IN_PROGRESS"): in_progress,
    ("409", "STORED_RESPONSE_UNREADABLE"): unreadable_response,
    ("409", "CREDENTIALS_CHANGED"): lambda call: call({"status": "CONNECTED", "credentialsVersion": 7}),
    ("409", "IMPOSSIBLE_STATUS_CHANGE"): inactive,
    ("409", "CREDENTIALS_DELETED"): disabled,
    ("409", "LOGIN_PAGE_MOVED"): moved,
    ("409", "COMPANY_INACTIVE"): inactive_company,
    ("409", "CREDENTIALS_UNREADABLE"): unreadable,
    ("409", "INVITATION_REVOKED"): revoked,
    ("409", "INVITATION_FULFILLED"): used_up,
    ("409", "INVITATION_EXPIRED"): expired,
    ("409", "MAX_USES_BELOW_USE_COUNT"): below_what_is_used,
    ("408", "REQUEST_TIMEOUT"): lambda call: call(raw=b"{", **{BODY_ERROR: 408}),
    ("413", "BODY_TOO_LARGE"): lambda call: call(CONTENT_LENGTH="262145"),
    ("415", "UNSUPPORTED_MEDIA_TYPE"): lambda call: call(content_type="text/plain"),
    ("415", "UNSUPPORTED_ENCODING"): lambda call: call(headers={"Content-Encoding": "gzip"}),
    ("422", "IDEMPOTENCY_KEY_REUSED"): reused,
    ("429", "TOO_MANY_ATTEMPTS"): too_often,
    ("500", "INTERNAL_ERROR"): broken,
}
IDEMPOTENCY = {"REQUEST_IN_PROGRESS", "STORED_RESPONSE_UNREADABLE"}
UNAVAILABLE = ("503", "UNAVAILABLE")
ON_ANY_OPERATION = [error for error in CAUSES if error[0] not in {"409", "429"} or error[1] in IDEMPOTENCY]


@pytest.fixture
def callers(company: Any) -> list[Caller]:
    key, value = make_api_key(company.partner, scopes=list(Scope.values))
    ids = path_ids(company)
    Invitation.objects.update(max_uses=5)
    return [Caller(operation, ids, key, value) for operation in OPERATIONS]


def cause(error: tuple[str, str], caller: Caller) -> Any:
    """The response, with the database as before."""
    with transaction.atomic():
        response = CAUSES[error](caller)
        transaction.set_rollback(True)
    return response


def test_every_documented_error_has_a_cause():
    documented = set().union(*(operation.error_codes for operation in OPERATIONS))

    assert documented == CAUSES.keys() | {UNAVAILABLE}


@pytest.mark.parametrize("error", CAUSES, ids=lambda error: error[1])
def test_documented_errors_occur(callers, error):
    documented = [caller for caller in callers if error in caller.operation.error_codes]

    assert documented
    causes = {str(caller.operation): error_code(cause(error, caller)) for caller in documented}
    assert causes == dict.fromkeys(causes, error)


@pytest.mark.parametrize("error", ON_ANY_OPERATION, ids=lambda error: error[1])
def test_undocumented_errors_do_not_occur(callers, error):
    for caller in callers:
        if error in caller.operation.error_codes:
            continue
        response = cause(error, caller)
        assert response.status_code < 400 or error_code(response) in caller.operation.error_codes, caller.operation


@pytest.mark.django_db(transaction=True)
def test_operations_without_database_are_unavailable():
    reachable = connection.settings_dict
    connection.close()
    connection.settings_dict = reachable | {"HOST": "/nowhere"}
    try:
        responses = {
            str(each): error_code(
                getattr(Client(), each.method)(
                    f"/v2/{each.path(dict.fromkeys(each.parameters, NOWHERE))}", headers={"X-API-KEY": "lk_x"}
                )
            )
            for each in OPERATIONS
        }
    finally:
        connection.settings_dict = reachable

    assert responses == {str(each): UNAVAILABLE for each in OPERATIONS}
