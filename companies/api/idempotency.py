"""Stored responses to POSTs with an `Idempotency-Key`, so that a retry changes nothing."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from companies.exceptions import (
    IdempotencyKeyReused,
    InvalidIdempotencyKey,
    RequestInProgress,
    StoredResponseUnreadable,
)
from companies.models import ApiKey, StoredAnswer
from companies.services.partners import ANSWERS_KEPT
from companies.services.stored_answers import associated_data, stored_keys
from config.api.exception_handler import MEDIA_TYPE, with_current_request_id
from config.api.json import JSONRenderer, to_json
from config.crypto.keyed_hash import is_keyed_hash, keyed_hash
from config.crypto.keyring import DecryptionError
from config.db.advisory_locks import try_lock
from config.exceptions import NotFound

logger = logging.getLogger("latchkey")

HEADER = "Idempotency-Key"
REQUEST_SALT = "latchkey.request"
MAX_KEY_LENGTH = 255
NOT_STORED = {409, 429}
ERRORS = (InvalidIdempotencyKey, RequestInProgress, StoredResponseUnreadable, IdempotencyKeyReused)


def idempotent(action: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an action of a viewset: for 24 hours, the same key with the same request gets the stored response.

    The response is stored in the transaction of the change: if the server is killed half-way, neither exists and the
    retry starts again. 409, 429 and 5xx are not stored.
    """

    @wraps(action)
    def run_once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return action(view, request, *args, **kwargs)
        if not _is_valid(key):
            raise InvalidIdempotencyKey
        with transaction.atomic():
            if not try_lock(associated_data(view.api_key.pk, key)):
                raise RequestInProgress
            if stored := _find(view.api_key, key, _content(request)):
                return _replay(stored, view)
            response = _respond(action, view, request, *args, **kwargs)
            if response.status_code < 500 and response.status_code not in NOT_STORED:
                _store(response, view.api_key, key, keyed_hash(REQUEST_SALT, _content(request)))
            return response

    run_once.documented_errors = ERRORS  # type: ignore[attr-defined]
    return run_once


def _is_valid(key: str) -> bool:
    """False for a comma, too: web servers join several headers of one name with it (RFC 9110, 5.3)."""
    return 0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable() and "," not in key


def _respond(action: Callable[..., Any], view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
    try:
        with transaction.atomic():
            return action(view, request, *args, **kwargs)
    except Exception as error:  # domain errors become the response; the view raises all others again
        return view.handle_exception(error)


def _content(request: Request) -> bytes:
    """Path and parsed body: spaces and the order of keys do not count. Stored as a keyed hash, for its passwords."""
    return request.path.encode() + b"\n" + orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)


def _find(api_key: ApiKey, key: str, content: bytes) -> StoredAnswer | None:
    stored = StoredAnswer.objects.filter(api_key=api_key, key__in=stored_keys(key)).first()
    if stored is None:
        return None
    if stored.created_at < timezone.now() - ANSWERS_KEPT:
        stored.delete()
        return None
    if not is_keyed_hash(bytes(stored.request_hash), REQUEST_SALT, content):
        raise IdempotencyKeyReused
    return stored


def _store(response: Any, api_key: ApiKey, key: str, request_hash: bytes) -> None:
    is_problem = isinstance(response, HttpResponse) and not hasattr(response, "data")
    StoredAnswer.objects.create(
        api_key=api_key,
        key=key,
        request_hash=request_hash,
        status=response.status_code,
        content_type=response["Content-Type"] if is_problem else JSONRenderer.media_type,
        encrypted_body=settings.KEYRING.encrypt(
            response.content if is_problem else to_json(response.data), associated_data=associated_data(api_key.pk, key)
        ),
    )


def _replay(stored: StoredAnswer, view: Any) -> HttpResponse:
    try:
        body = settings.KEYRING.decrypt(
            bytes(stored.encrypted_body), associated_data=associated_data(stored.api_key_id, stored.key)
        )
    except DecryptionError as error:
        logger.error("the stored response %s cannot be decrypted: %s", stored.pk, error)
        raise StoredResponseUnreadable from None
    _ensure_seen(view, body)
    if stored.content_type == MEDIA_TYPE:
        body = with_current_request_id(body)
    response = HttpResponse(body, status=stored.status, content_type=stored.content_type)
    response["Idempotent-Replayed"] = "true"
    return response


def _ensure_seen(view: Any, body: bytes) -> None:
    """Raise `NotFound` if the key was limited to other companies since. Rows name their company as `companyId`."""
    if not (seen := view.api_key.company_ids):
        return
    company_id = view.kwargs.get("company_id") or orjson.loads(body).get("companyId")
    if company_id and UUID(str(company_id)) not in seen:
        raise NotFound
