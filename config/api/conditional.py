"""Conditional reads of single resources (RFC 9110, 13)."""

from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework.request import Request

from config.api.json import JSONRenderer, to_json

DIGEST_BYTES = 16


def conditional(action: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the read of a resource: the response has a strong `ETag`, and is a 304 if `If-None-Match` has it.

    The action returns its document. The ETag is a digest of the body, so it needs no column.
    """

    @wraps(action)
    def respond(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        body = to_json(action(view, request, *args, **kwargs))
        etag = f'"{blake2b(body, digest_size=DIGEST_BYTES).hexdigest()}"'
        known = request.META.get("HTTP_IF_NONE_MATCH")
        if known and _includes(known, etag):
            return HttpResponseNotModified(headers={"ETag": etag})
        return HttpResponse(body, content_type=JSONRenderer.media_type, headers={"ETag": etag})

    respond.is_conditional = True  # type: ignore[attr-defined]
    return respond


def _includes(known: str, etag: str) -> bool:
    """Compare weakly (RFC 9110, 8.8.3.2): a proxy that compresses responses makes their ETags weak."""
    return known.strip() == "*" or etag in (each.removeprefix("W/") for each in parse_etags(known))
