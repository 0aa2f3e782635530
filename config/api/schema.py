"""OpenAPI schema of operations: errors, headers, query parameters and examples."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from config.api.examples import example_of
from config.api.exception_handler import MEDIA_TYPE, problem_document
from config.camel_case import to_camel_case
from config.exceptions import DomainError

PROBLEM = {"$ref": "#/components/schemas/Problem"}
EXAMPLE_REQUEST_ID = "6f1d0c9b7e2143c08a526d1f0c9b7e21"
EXAMPLE_ID = "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21"
EXAMPLE_FIELD = {"pointer": "/prefill/country", "code": "INVALID", "detail": "Send the ISO 3166-1 alpha-2 code."}


class ErrorCode(NamedTuple):
    status: int
    code: str
    description: str
    members: tuple[str, ...] = ()

    @classmethod
    def of(cls, exception: type[DomainError]) -> "ErrorCode":
        members = tuple(map(to_camel_case, exception.members))
        return cls(exception.status, exception.code, str(exception.default_message), members)

    @property
    def example(self) -> dict[str, Any]:
        errors = [EXAMPLE_FIELD] if self.code == "INVALID" else []
        detail = EXAMPLE_FIELD["detail"] if errors else self.description.replace("`", "")
        members = dict.fromkeys(self.members, EXAMPLE_ID)
        document = problem_document(self.status, self.code, detail, errors, **members)
        return document | {"requestId": EXAMPLE_REQUEST_ID}


ALWAYS = (
    ErrorCode(400, "INVALID", "Validation failed. `errors` lists every wrong field and parameter."),
    ErrorCode(400, "BAD_REQUEST", "The `Host` header is wrong, or there are over a thousand query parameters."),
    ErrorCode(401, "NOT_AUTHENTICATED", "The `X-API-KEY` header is missing."),
    ErrorCode(401, "INVALID_API_KEY", "The API key is unknown, expired or revoked."),
    ErrorCode(403, "HTTPS_REQUIRED", "The request came over plain http. It was not carried out."),
    ErrorCode(406, "NOT_ACCEPTABLE", "The `Accept` header does not allow JSON."),
    ErrorCode(408, "REQUEST_TIMEOUT", "The body did not arrive within a minute."),
    ErrorCode(413, "BODY_TOO_LARGE", "The body is larger than 256 KiB, or than the limit that the operation names."),
    ErrorCode(429, "RATE_LIMITED", "The API key has sent all requests of its minute. See `RateLimit`."),
    ErrorCode(500, "INTERNAL_ERROR", "Unexpected error. Report it with its `requestId`."),
    ErrorCode(503, "UNAVAILABLE", "The database does not respond. Retry after `Retry-After` seconds."),
)
WITH_BODY = (
    ErrorCode(400, "MALFORMED_JSON", "The body is not valid JSON (RFC 8259) in UTF-8, or has more than 32 levels."),
    ErrorCode(415, "UNSUPPORTED_MEDIA_TYPE", "The `Content-Type` is not `application/json`."),
    ErrorCode(415, "UNSUPPORTED_ENCODING", "The body has a `Content-Encoding`, such as `gzip`."),
)
NOT_FOUND = ErrorCode(404, "NOT_FOUND", "There is no such object, or it belongs to another partner.")


class FieldErrorSerializer(serializers.Serializer[Any]):
    """Error of one field of the body, or of one query parameter."""

    pointer = serializers.CharField(help_text="JSON Pointer into the body, or `?name` for a query parameter.")
    code = serializers.CharField(help_text="Stable code.")
    detail = serializers.CharField(help_text="Explanation in English.")


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem document (RFC 9457)."""

    type = serializers.CharField(help_text="URN with the code.")
    title = serializers.CharField(help_text="Name of the HTTP status.")
    status = serializers.IntegerField(help_text="HTTP status.")
    detail = serializers.CharField(help_text="Explanation in English. With several wrong fields, that of the first.")
    code = serializers.CharField(help_text="Stable code.")
    requestId = serializers.CharField(allow_null=True, help_text="The `X-Request-Id` of this response.")
    errors = FieldErrorSerializer(many=True, help_text="One entry for each wrong field.")  # type: ignore[assignment]


class DocumentedErrors(OpenApiResponse):
    """Errors of one status. `ApiSchema` adds their descriptions and examples."""

    def __init__(self, codes: list[ErrorCode]) -> None:
        super().__init__(PROBLEM)
        self.codes = codes


def errors(*exceptions: type[DomainError]) -> dict[tuple[int, str], DocumentedErrors]:
    """Return the errors of one operation for `extend_schema(responses=...)`. Common errors are added to all."""
    responses: dict[tuple[int, str], DocumentedErrors] = {}
    for error in map(ErrorCode.of, exceptions):
        responses.setdefault((error.status, MEDIA_TYPE), DocumentedErrors([])).codes.append(error)
    return responses


def _add_error(responses: dict[str, Any], error: ErrorCode) -> None:
    """Add the code to the response of its status: to the examples and to the description."""
    response = responses.setdefault(str(error.status), {"content": {MEDIA_TYPE: {"schema": PROBLEM}}})
    response["content"][MEDIA_TYPE].setdefault("examples", {})[error.code] = {"value": error.example}
    line = f"- `{error.code}`: {error.description}"
    response["description"] = "\n".join(filter(None, [response.get("description"), line]))


def _header(kind: str, description: str) -> dict[str, Any]:
    return {"schema": {"type": kind}, "description": description}


REQUEST_ID = {"X-Request-Id": _header("string", "Id of the request. Quote it when you report a problem.")}
HEADERS = {
    "401": {"WWW-Authenticate": _header("string", "How to authenticate.")},
    "429": {"Retry-After": _header("integer", "Seconds to wait before the next attempt.")},
    "503": {"Retry-After": _header("integer", "Seconds to wait before the next attempt.")},
}
LINK = {"Link": _header("string", 'On all pages but the last: `<URL of the next page>; rel="next"` (RFC 8288).')}
ETAG = {"ETag": _header("string", "Digest of the response. Send it as `If-None-Match` to get a 304 while it holds.")}
NOT_MODIFIED = {"description": "The `ETag` in `If-None-Match` still holds. No body."}
# draft-ietf-httpapi-ratelimit-headers-10
RATE_LIMIT = {
    "RateLimit-Policy": _header(
        "string", 'Limit of the API key: `"reads";q=6000;w=60` means 6,000 GET requests in 60 seconds.'
    ),
    "RateLimit": _header("string", 'What is left: `"reads";r=5990;t=37` means 5,990, and all again in 37 seconds.'),
}
BEFORE_THE_KEY = {"401", "406", "408", "413", "500", "503"}
REPLAYED = {"Idempotent-Replayed": _header("string", "`true` if this is the stored response to an earlier request.")}
STORED = {"200", "201", "202", "207", "400", "404"}
IF_NONE_MATCH = "The `ETag` of your copy. If it still holds, the response is a 304 without body."
TAGS = {"test": "test mode"}  # Go would take a module named test for tests
KEY = "1 to 255 printable ASCII characters without commas."
KEY_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[ -+\--~]+$"}


class ApiSchema(AutoSchema):
    """Adds what follows from the view: its scope, the ids in its path, its query serializer and `documented_errors`."""

    @property
    def _handler(self) -> Any:
        return getattr(self.view, self.view.action)  # type: ignore[attr-defined]

    @property
    def _handler_errors(self) -> tuple[type[DomainError], ...]:
        """The errors that `@idempotent` adds."""
        return getattr(self._handler, "documented_errors", ())

    @property
    def _is_conditional(self) -> bool:
        return getattr(self._handler, "is_conditional", False)

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = []
        if query := self.view.query_serializers.get(self.view.action):  # type: ignore[attr-defined]
            parameters.append(query)
        if self.method == "POST":
            kept = "A retry with the same key within 24 hours gets the stored response."
            not_kept = "Accepted without effect: the response is never stored."
            description = f"{KEY} {kept if self._handler_errors else not_kept}"
            parameters.append(
                OpenApiParameter("Idempotency-Key", KEY_SCHEMA, OpenApiParameter.HEADER, description=description)
            )
        if self._is_conditional:
            parameters.append(
                OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description=IF_NONE_MATCH)
            )
        return parameters

    def get_tags(self) -> list[str]:
        return [TAGS.get(tag, tag) for tag in super().get_tags()]

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name}Page"

    def get_examples(self) -> list[OpenApiExample]:
        responses: Any = self.get_response_serializers()
        status, response = next((key, value) for key, value in responses.items() if isinstance(key, int))
        value = example_of(getattr(response, "child", response))
        examples = [OpenApiExample("Response", value=value, response_only=True, status_codes=[str(status)])]
        if self.method in {"POST", "PATCH"}:
            body = getattr(self.get_request_serializer(), "example", {})
            examples.append(OpenApiExample("Request", value=body, request_only=True))
        return examples

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        self.resolve_serializer(ProblemSerializer, "response")
        responses = operation["responses"]
        for described in (operation.get("requestBody", {}), *responses.values()):
            self._move_example(described.get("content", {}).get("application/json", {}))
        for error in (*self._declared_errors(), *self._common_errors(has_body="requestBody" in operation)):
            _add_error(responses, error)
        if self._is_conditional:
            responses["304"] = dict(NOT_MODIFIED)
        for status, response in responses.items():
            limited = {} if status in BEFORE_THE_KEY else RATE_LIMIT
            response["headers"] = {**REQUEST_ID, **limited, **self._headers_of(status), **HEADERS.get(status, {})}
        return {**operation, "responses": dict(sorted(responses.items()))}

    def _headers_of(self, status: str) -> dict[str, Any]:
        if self._is_conditional:
            return ETAG if status in {"200", "304"} else {}
        if self.method == "POST":
            return REPLAYED if self._handler_errors and status in STORED else {}
        return LINK if status == "200" and self._is_list_view() else {}

    def _move_example(self, media_type: dict[str, Any]) -> None:
        """Write the example once, in the schema. Generators of clients warn of examples beside a reference."""
        for example in media_type.pop("examples", {}).values():
            name = media_type["schema"]["$ref"].rpartition("/")[2]
            self.registry[name, ResolvedComponent.SCHEMA].schema["example"] = example["value"]

    def _declared_errors(self) -> Iterator[ErrorCode]:
        responses: Any = self.get_response_serializers()
        for response in responses.values():
            if isinstance(response, DocumentedErrors):
                yield from response.codes

    def _common_errors(self, *, has_body: bool) -> Iterator[ErrorCode]:
        yield from ALWAYS
        if has_body:
            yield from WITH_BODY
        if scope := self.view.required_scopes.get(self.method):  # type: ignore[attr-defined]
            yield ErrorCode(403, "SCOPE_MISSING", f"The API key lacks the scope `{scope}`.")
        if "{" in self.path:
            yield NOT_FOUND
        yield from map(ErrorCode.of, self._handler_errors)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "companies.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-API-KEY"}


class StrictObjects(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Documents that strict bodies accept no other fields."""

    target_class = "config.api.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # type: ignore[no-untyped-call]
        return {**schema, "additionalProperties": False}
