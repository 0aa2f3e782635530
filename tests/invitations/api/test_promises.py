"""An operation answers every refusal that the OpenAPI document promises of it, and no other.

That it answers no other is asked of every answer of every test: `hold_to_promise`.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from companies.models import Scope
from config.db.advisory_locks import _number
from connections.models import Connection, Credential
from connections.models.status import Status
from invitations.models import Invitation, RateLimitWindow
from tests.database import database_url, execute
from tests.factories import SiteFactory, make_api_key, make_connection, make_invitation
from tests.invitations.api.operations import Operation, operations
from tests.invitations.api.promises import answered, promised

OPERATIONS = operations()
NOWHERE = UUID("019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21")


class Caller:
    """Sends one operation, rightly but for what a test makes wrong."""

    def __init__(self, operation: Operation, company: Any) -> None:
        self.operation, self.partner = operation, company.partner
        self.key, self.value = make_api_key(company.partner, scopes=list(Scope.values))
        self.connection = make_connection(company)
        self.invitation = make_invitation(company, allowed_emails=["jane@example.com"], max_uses=5)
        self.ids = {
            "company_id": company.pk,
            "site_id": SiteFactory(company=company).pk,
            "connection_id": self.connection.pk,
            "invitation_id": self.invitation.pk,
        }

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
    """Another request holds the key."""
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [_number(f"answer:{call.key.pk}:k")])
        return call(headers={"Idempotency-Key": "k"})


def reused(call: Caller) -> Any:
    call({"nothing": 1}, headers={"Idempotency-Key": "k"})
    return call({"nothing": 2}, headers={"Idempotency-Key": "k"})


def broken(call: Caller) -> Any:
    """The table of keys is gone, with which every call begins."""
    with transaction.atomic():
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("DROP TABLE companies_apikey CASCADE")
        answer = call()
        transaction.set_rollback(True)
    return answer


def without_scope(call: Caller) -> Any:
    return call(key=make_api_key(call.partner, scopes=[])[1])


def revoked(call: Caller) -> Any:
    Invitation.objects.update(revoked_at=timezone.now())
    return call()


def below_what_is_used(call: Caller) -> Any:
    Invitation.objects.update(use_count=2)
    return call({"maxUses": 1})


def used_up(call: Caller) -> Any:
    Invitation.objects.update(use_count=5)
    return call({})


def expired(call: Caller) -> Any:
    Invitation.objects.update(created_at=timezone.now().replace(year=2020), expires_at=timezone.now())
    return call({})


def too_often(call: Caller) -> Any:
    RateLimitWindow.objects.create(key=f"resend:{call.invitation.pk}", started_at=timezone.now(), count=10)
    return call({})


def inactive(call: Caller) -> Any:
    Connection.objects.update(status=Status.COMPANY_INACTIVE)
    return call({"status": "CONNECTED"})


def unreadable(call: Caller) -> Any:
    Credential.objects.update(encrypted=b"something else")
    return call({})


WAYS: dict[tuple[str, str], Callable[[Caller], Any]] = {
    ("400", "INVALID"): lambda call: call(query="?nothing=1"),
    ("400", "BAD_REQUEST"): lambda call: call(headers={"Host": "evil.example"}),
    ("400", "MALFORMED_JSON"): lambda call: call(raw=b"{"),
    ("400", "INVALID_IDEMPOTENCY_KEY"): lambda call: call(headers={"Idempotency-Key": ""}),
    ("401", "NOT_AUTHENTICATED"): lambda call: call(key=None),
    ("401", "INVALID_API_KEY"): lambda call: call(key="lk_nobody"),
    ("403", "SCOPE_MISSING"): without_scope,
    ("404", "NOT_FOUND"): lambda call: call(ids=dict.fromkeys(call.ids, NOWHERE)),
    ("406", "NOT_ACCEPTABLE"): lambda call: call(headers={"Accept": "text/html"}),
    ("409", "REQUEST_IN_PROGRESS"): in_progress,
    ("409", "CREDENTIALS_CHANGED"): lambda call: call({"status": "CONNECTED", "credentialsVersion": 7}),
    ("409", "IMPOSSIBLE_STATUS_CHANGE"): inactive,
    ("409", "CREDENTIALS_UNREADABLE"): unreadable,
    ("409", "INVITATION_REVOKED"): revoked,
    ("409", "INVITATION_FULFILLED"): used_up,
    ("409", "INVITATION_EXPIRED"): expired,
    ("409", "MAX_USES_BELOW_USE_COUNT"): below_what_is_used,
    ("411", "LENGTH_REQUIRED"): lambda call: call(raw=b"", HTTP_TRANSFER_ENCODING="chunked"),
    ("413", "BODY_TOO_LARGE"): lambda call: call(CONTENT_LENGTH="262145"),
    ("415", "UNSUPPORTED_MEDIA_TYPE"): lambda call: call(content_type="text/plain"),
    ("422", "IDEMPOTENCY_KEY_REUSED"): reused,
    ("429", "TOO_MANY_ATTEMPTS"): too_often,
    ("500", "INTERNAL_ERROR"): broken,
}
AWAY = ("503", "UNAVAILABLE")
PROMISES = [(each, promise) for each in OPERATIONS for promise in sorted(promised(each) - {AWAY})]


def test_there_is_a_way_to_every_refusal_that_is_promised():
    assert {promise for _, promise in PROMISES} == set(WAYS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_keeps_every_promise_of_a_refusal(company, operation):
    kept = set()
    for promise in sorted(promised(operation) - {AWAY}):
        with transaction.atomic():
            kept.add(answered(WAYS[promise](Caller(operation, company))))
            transaction.set_rollback(True)

    assert kept == promised(operation) - {AWAY}


@pytest.mark.django_db(transaction=True)
def test_without_a_database_each_is_unavailable():
    reachable = connection.settings_dict
    connection.close()
    connection.settings_dict = reachable | {"HOST": "/nowhere"}
    try:
        answers = {
            str(each): answered(
                getattr(Client(), each.method)(
                    f"/v2/{each.path(dict.fromkeys(each.parameters, NOWHERE))}", headers={"X-API-KEY": "lk_x"}
                )
            )
            for each in OPERATIONS
        }
    finally:
        connection.settings_dict = reachable

    assert answers == {str(each): AWAY for each in OPERATIONS}
    assert all(AWAY in promised(each) for each in OPERATIONS)


ANYBODYS = {way for way in WAYS if way[0] not in {"409", "429"}} | {("409", "REQUEST_IN_PROGRESS")}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_no_way_that_can_be_tried_on_any_operation_leads_to_what_it_does_not_promise(company, operation):
    for way in sorted(ANYBODYS - promised(operation)):
        with transaction.atomic():
            answer = WAYS[way](Caller(operation, company))
            assert answer.status_code < 400 or answered(answer) in promised(operation), way
            transaction.set_rollback(True)
