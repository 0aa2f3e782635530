"""Problem documents (RFC 9457): every refusal, and every mistake of a caller, in one shape."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from config.api.json import to_json
from config.exceptions import DomainError, InvalidField
from config.request_id import request_id

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"


def problem(status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    """An answer `{type, title, status, detail, code, requestId, errors}`; `errors` has one entry a wrong field."""
    document = {
        "type": f"urn:latchkey:problem:{code.lower().replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "requestId": request_id.get(),
        "errors": errors or [],
    }
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(to_json(document), status=status, content_type=MEDIA_TYPE, headers=headers)


def is_api_path(path: str) -> bool:
    """Whether programs ask there, which want problem documents, and no pages."""
    return path == "/v2" or path.startswith("/v2/")


def as_answer_to_this_request(document: bytes) -> bytes:
    """A problem document that was written for an earlier request, with the id of the one that it answers now."""
    return to_json(orjson.loads(document) | {"requestId": request_id.get()})


def unavailable() -> HttpResponse:
    """503 with `Retry-After`: the database does not answer."""
    answer = problem(503, "UNAVAILABLE", "The service is briefly unavailable. Try again in a moment.")
    answer["Retry-After"] = RETRY_AFTER_SECONDS
    return answer


def problem_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """REST framework's exception handler: None leaves an error of ours to Django's 500."""
    match error:
        case DomainError():
            return _refuse(error)
        case exceptions.ValidationError():
            errors = list(_entries(error.detail))
            return problem(400, "INVALID", errors[0]["detail"], errors)
        case Http404():
            return problem(404, "NOT_FOUND", "There is nothing here.")
        case exceptions.APIException():
            return _answer_to(error)
        case OperationalError() | InterfaceError():
            return unavailable()
    return None


def _refuse(error: DomainError) -> HttpResponse:
    answer = problem(error.status, error.code, error.detail, _wrong_field(error))
    if (wait := getattr(error, "retry_after", None)) is not None:
        answer["Retry-After"] = str(wait)
    return answer


def _wrong_field(error: DomainError) -> list[dict[str, str]]:
    if not isinstance(error, InvalidField):
        return []
    path = tuple(camel(part) for part in error.field)
    return [{"pointer": pointer(path), "code": error.field_code.upper(), "detail": error.detail}]


class QueryName(str):
    """The name of a query parameter where otherwise a body's field stands."""


def pointer(path: tuple[str | int, ...]) -> str:
    """A JSON Pointer (RFC 6901) into the body, or `?name` for a path that begins with a query parameter."""
    if path and isinstance(path[0], QueryName):
        return f"?{path[0]}"
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def camel(name: str | int) -> str | int:
    """`max_uses` as `maxUses`; an index stays one."""
    if isinstance(name, int):
        return name
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _answer_to(error: exceptions.APIException) -> HttpResponse:
    answer = problem(error.status_code, str(error.get_codes()).upper(), str(error.detail))
    if challenge := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        answer["Retry-After"] = str(int(wait) + 1)
    return answer


def _entries(detail: Any, path: tuple[str | int, ...] = ()) -> Iterator[dict[str, str]]:
    """One entry for each leaf of REST framework's nested error details."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _entries(inner, path if name == "non_field_errors" else (*path, name))
    elif isinstance(detail, list):
        nested = any(isinstance(inner, (Mapping, list)) for inner in detail)
        for index, inner in enumerate(detail):
            yield from _entries(inner, (*path, index) if nested else path)
    else:
        yield {"pointer": pointer(path), "code": str(detail.code).upper(), "detail": str(detail)}
