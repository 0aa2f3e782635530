"""A retry never makes a second thing: POSTs with an `Idempotency-Key` are answered once."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from companies.exceptions import IdempotencyKeyReused, InvalidIdempotencyKey, RequestInProgress
from companies.models import ApiKey, StoredAnswer
from companies.services.partners import ANSWERS_KEPT
from config.api.exception_handler import MEDIA_TYPE, as_answer_to_this_request
from config.api.json import JSONRenderer, to_json
from config.db.advisory_locks import try_lock

HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 255
NOT_STORED = {409, 429}
REFUSES = {
    InvalidIdempotencyKey: "The Idempotency-Key is empty, too long, or not of printable ASCII.",
    RequestInProgress: "A request with the same Idempotency-Key is still running.",
    IdempotencyKeyReused: "The Idempotency-Key was used with another request.",
}


def idempotent(post: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a view's `post`: the same key with the same request gets the stored answer for 24 hours.

    The answer is stored in the transaction of what it answers: when the server is killed half-way neither
    exists, and the retry begins anew. 409, 429 and 5xx are not stored.
    """

    @wraps(post)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return post(view, request, *args, **kwargs)
        if not 0 < len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
            raise InvalidIdempotencyKey
        with transaction.atomic():
            if not try_lock(_binding(view.api_key.pk, key)):
                raise RequestInProgress
            if stored := _find(view.api_key, key, _hash(request)):
                return _replay(stored)
            answer = _answer(post, view, request, *args, **kwargs)
            if answer.status_code < 500 and answer.status_code not in NOT_STORED:
                _store(answer, view.api_key, key, _hash(request))
            return answer

    once.refuses = REFUSES  # type: ignore[attr-defined]
    return once


def _answer(post: Callable[..., Any], view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
    try:
        with transaction.atomic():
            return post(view, request, *args, **kwargs)
    except Exception as error:  # refusals become the answer; the view raises the rest again
        return view.handle_exception(error)


def _hash(request: Request) -> bytes:
    """Of the path and what the body says, however it is spaced and ordered; keyed, for the body may hold a password."""
    body = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    return salted_hmac("latchkey.request", request.path.encode() + b"\n" + body, algorithm="sha256").digest()


def _find(api_key: ApiKey, key: str, request_hash: bytes) -> StoredAnswer | None:
    stored = StoredAnswer.objects.filter(api_key=api_key, key=key).first()
    if stored is None:
        return None
    if stored.created_at < timezone.now() - ANSWERS_KEPT:
        stored.delete()
        return None
    if bytes(stored.request_hash) != request_hash:
        raise IdempotencyKeyReused
    return stored


def _store(answer: Any, api_key: ApiKey, key: str, request_hash: bytes) -> None:
    is_problem = isinstance(answer, HttpResponse) and not hasattr(answer, "data")
    StoredAnswer.objects.create(
        api_key=api_key,
        key=key,
        request_hash=request_hash,
        status=answer.status_code,
        content_type=answer["Content-Type"] if is_problem else JSONRenderer.media_type,
        encrypted_body=settings.KEYRING.encrypt(
            answer.content if is_problem else to_json(answer.data), associated_data=_binding(api_key.pk, key)
        ),
    )


def _replay(stored: StoredAnswer) -> HttpResponse:
    body = settings.KEYRING.decrypt(
        bytes(stored.encrypted_body), associated_data=_binding(stored.api_key_id, stored.key)
    )
    if stored.content_type == MEDIA_TYPE:
        body = as_answer_to_this_request(body)
    answer = HttpResponse(body, status=stored.status, content_type=stored.content_type)
    answer["Idempotent-Replayed"] = "true"
    return answer


def _binding(api_key_id: UUID, key: str) -> str:
    return f"answer:{api_key_id}:{key}"
