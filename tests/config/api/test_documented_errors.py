"""Every documented error of every operation can be caused.

The reverse, that no other error occurs, is checked for every response of every test: `check_documented`.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from companies.models import ApiKey, Company, Partner, StoredAnswer, WebhookEndpoint
from companies.services.webhooks.endpoints import MAX_ENDPOINTS
from config.db.advisory_locks import _key
from config.http.body_limit import BODY_ERROR
from connections.models import Connection, Credential
from connections.models.status import Status
from invitations.models import EmailProof, Invitation, RateLimitWindow
from tests.config.api.caller import Caller
from tests.config.api.documented_errors import error_code
from tests.config.api.operations import operations, path_ids
from tests.database import database_url, execute
from tests.factories import make_api_key, make_full_key

OPERATIONS = operations()
NOWHERE = UUID("019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21")


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
    return call(key=make_api_key(call.key.partner, scopes=[], is_live=False)[1])


def limited(call: Caller) -> Any:
    """With a key that sees only the company of these ids."""
    ApiKey.objects.filter(pk=call.key.pk).update(company_ids=[call.ids["company_id"]])
    return call()


def revoked(call: Caller) -> Any:
    Invitation.objects.update(revoked_at=timezone.now())
    return call()


def below_what_is_used(call: Caller) -> Any:
    Invitation.objects.update(use_count=2)
    return call({"maxUses": 1})


def twice(call: Caller) -> Any:
    body = {"allowedEmails": ["anna@example.com"], "ifOpenExists": "refuse"}
    call(body)
    return call(body)


def mailing(call: Caller) -> dict[str, bool] | None:
    """Body of a request that mails the invitation. None: the example."""
    return {"sendEmail": True} if call.operation.method == "patch" else None


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


def above_the_limit(call: Caller) -> Any:
    Partner.objects.update(reads_per_minute=1, writes_per_minute=1)
    call()
    return call()


def inactive_company(call: Caller) -> Any:
    Company.objects.update(is_active=False)
    Connection.objects.update(status=Status.COMPANY_INACTIVE)
    return call(mailing(call) if "invitation_id" in call.operation.parameters else None)


def with_credential(**fields: Any) -> Callable[[Caller], Any]:
    def cause(call: Caller) -> Any:
        Credential.objects.update(**fields)
        return call({})

    return cause


def inactive(call: Caller) -> Any:
    Connection.objects.update(status=Status.COMPANY_INACTIVE)
    return call()


def unproved(call: Caller) -> Any:
    EmailProof.objects.all().delete()
    return call()


def without_provider(call: Caller) -> Any:
    prefill = {"datasourceId": str(NOWHERE), "lockedFields": ["datasourceId"]}
    Invitation.objects.update(prefill=prefill)
    return call()


def connected_before(call: Caller) -> Any:
    call()
    return call()


def paused(call: Caller) -> Any:
    WebhookEndpoint.objects.update(paused_at=timezone.now())
    return call()


def fifty_webhooks(call: Caller) -> Any:
    (endpoint,) = WebhookEndpoint.objects.all()
    same = {"url": endpoint.url, "encrypted_secret": b"", **endpoint.world._asdict()}
    WebhookEndpoint.objects.bulk_create(WebhookEndpoint(**same) for _ in range(MAX_ENDPOINTS - 1))
    return call()


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
    ("403", "TEST_KEY_REQUIRED"): lambda call: call(key=make_api_key(call.key.partner)[1]),
    ("403", "EMAIL_PROOF_REQUIRED"): unproved,
    ("403", "KEY_LIMITED_TO_COMPANIES"): limited,
    ("404", "NOT_FOUND"): lambda call: call(ids=dict.fromkeys(call.ids, NOWHERE)),
    ("406", "NOT_ACCEPTABLE"): lambda call: call(headers={"Accept": "text/html"}),
    ("409", "REQUEST_IN_PROGRESS"): in_progress,
    ("409", "STORED_RESPONSE_UNREADABLE"): unreadable_response,
    ("409", "CREDENTIALS_CHANGED"): lambda call: call({"status": "CONNECTED", "credentialsVersion": 7}),
    ("409", "IMPOSSIBLE_STATUS_CHANGE"): inactive,
    ("409", "CREDENTIALS_DELETED"): with_credential(encrypted=None),
    ("409", "LOGIN_PAGE_MOVED"): with_credential(host="elsewhere.example"),
    ("409", "COMPANY_INACTIVE"): inactive_company,
    ("409", "WEBHOOK_INACTIVE"): paused,
    ("409", "TOO_MANY_WEBHOOKS"): fifty_webhooks,
    ("409", "PROVIDER_GONE"): without_provider,
    ("409", "CONNECTED_BEFORE"): connected_before,
    ("409", "CREDENTIALS_UNREADABLE"): with_credential(encrypted=b"something else"),
    ("409", "OPEN_INVITATION_EXISTS"): twice,
    ("409", "INVITATION_REVOKED"): revoked,
    ("409", "INVITATION_FULFILLED"): used_up,
    ("409", "INVITATION_EXPIRED"): expired,
    ("409", "MAX_USES_BELOW_USE_COUNT"): below_what_is_used,
    ("408", "REQUEST_TIMEOUT"): lambda call: call(raw=b"{", **{BODY_ERROR: 408}),
    ("410", "EVENT_GONE"): lambda call: call(query=f"?after={NOWHERE}"),
    ("413", "BODY_TOO_LARGE"): lambda call: call(CONTENT_LENGTH=str(2**21 + 1)),
    ("415", "UNSUPPORTED_MEDIA_TYPE"): lambda call: call(content_type="text/plain"),
    ("415", "UNSUPPORTED_ENCODING"): lambda call: call(headers={"Content-Encoding": "gzip"}),
    ("422", "IDEMPOTENCY_KEY_REUSED"): reused,
    ("429", "TOO_MANY_ATTEMPTS"): too_often,
    ("429", "RATE_LIMITED"): above_the_limit,
    ("500", "INTERNAL_ERROR"): broken,
}
IDEMPOTENCY = {"REQUEST_IN_PROGRESS", "STORED_RESPONSE_UNREADABLE"}
UNAVAILABLE = ("503", "UNAVAILABLE")
ON_SOME = {"EMAIL_PROOF_REQUIRED"}
ON_ANY_OPERATION = [
    error for error in CAUSES if (error[0] not in {"409", "429"} or error[1] in IDEMPOTENCY) and error[1] not in ON_SOME
]


@pytest.fixture
def callers(company: Any) -> list[Caller]:
    key, value = make_full_key(company)
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
