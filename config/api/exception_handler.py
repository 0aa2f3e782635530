"""Problem documents (RFC 9457) for every error."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from config.api.json import to_json
from config.camel_case import to_camel_case
from config.db.errors import log_unavailable
from config.exceptions import DomainError, InvalidField
from config.request_id import request_id

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"
WORDS = {
    exceptions.UnsupportedMediaType: "Send the body with the header Content-Type: application/json.",
    exceptions.NotAcceptable: "Responses are JSON: send Accept: application/json, or no Accept header.",
}
API_PATH = re.compile(r"/+v2(/|$)", re.IGNORECASE)


def problem(
    status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None, **members: str
) -> HttpResponse:
    """Return a response with a `problem_document`."""
    document = to_json(problem_document(status, code, detail, errors, **members))
    return HttpResponse(document, status=status, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def problem_document(
    status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None, **members: str
) -> dict[str, Any]:
    """Return `{type, title, status, detail, code, requestId, errors}` and further `members` (RFC 9457, 3.2).

    `errors` has an entry for each wrong field.
    """
    return {
        "type": f"urn:latchkey:problem:{code.lower().replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "requestId": request_id.get(),
        "errors": errors or [],
        **members,
    }


def is_api_path(path: str) -> bool:
    """True if errors of this path are problem documents, not pages. Includes misspellings, such as `//V2/ping`."""
    return API_PATH.match(path) is not None


def with_current_request_id(document: bytes) -> bytes:
    """Return a stored problem document with the id of the current request."""
    return to_json(orjson.loads(document) | {"requestId": request_id.get()})


def unavailable() -> HttpResponse:
    """503 with `Retry-After`: the database does not respond."""
    response = problem(503, "UNAVAILABLE", "The service is briefly unavailable. Try again in a moment.")
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """REST framework's exception handler. Returns None for an unexpected error, which Django turns into a 500."""
    match error:
        case DomainError():
            return _domain_problem(error)
        case exceptions.ValidationError():
            errors = list(_entries(error.detail))
            if refused := getattr(error, "refused", None):
                errors += _field_errors(refused)
            return problem(400, "INVALID", errors[0]["detail"], errors)
        case Http404():
            return problem(404, "NOT_FOUND", "Not found.")
        case exceptions.APIException():
            return _api_problem(error)
        case OperationalError() | InterfaceError():
            log_unavailable(error)
            return unavailable()
    return None


def _domain_problem(error: DomainError) -> HttpResponse:
    members = {to_camel_case(name): str(getattr(error, name)) for name in error.members}
    response = problem(error.status, error.code, error.detail, _field_errors(error), **members)
    if (wait := getattr(error, "retry_after", None)) is not None:
        response["Retry-After"] = str(wait)
    return response


def _field_errors(error: DomainError) -> list[dict[str, str]]:
    return [_field_error(each) for each in error.errors] if isinstance(error, InvalidField) else []


def _field_error(error: InvalidField) -> dict[str, str]:
    path = tuple(to_camel_case(part) if isinstance(part, str) else part for part in error.field)
    return {"pointer": pointer(path), "code": error.field_code.upper(), "detail": error.detail}


class QueryName(str):
    """Name of a query parameter, where an error path otherwise begins with a field of the body."""


def pointer(path: tuple[str | int, ...]) -> str:
    """A JSON Pointer (RFC 6901) into the body, or `?name` for a path that begins with a query parameter."""
    if path and isinstance(path[0], QueryName):
        return f"?{path[0]}"
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _api_problem(error: exceptions.APIException) -> HttpResponse:
    detail = next((words for kind, words in WORDS.items() if isinstance(error, kind)), str(error.detail))
    response = problem(error.status_code, str(error.get_codes()).upper(), detail)
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        response["Retry-After"] = str(wait)
    return response


def _entries(detail: Any, path: tuple[str | int, ...] = ()) -> Iterator[dict[str, str]]:
    """Yield one entry for each leaf of REST framework's nested error details."""
    if isinstance(detail, Mapping):
        for name, child in detail.items():
            yield from _entries(child, path if name == "non_field_errors" else (*path, name))
    elif isinstance(detail, list):
        nested = any(isinstance(child, (Mapping, list)) for child in detail)
        for index, child in enumerate(detail):
            yield from _entries(child, (*path, index) if nested else path)
    else:
        yield {"pointer": pointer(path), "code": str(detail.code).upper(), "detail": str(detail)}
