"""OpenAPI schema of operations: errors, headers, query parameters and examples."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from config.api.examples import example_of
from config.api.exception_handler import MEDIA_TYPE
from config.exceptions import DomainError


class ErrorCode(NamedTuple):
    status: int
    code: str
    description: str

    @classmethod
    def of(cls, exception: type[DomainError]) -> "ErrorCode":
        return cls(exception.status, exception.code, str(exception.default_message))


ALWAYS = (
    ErrorCode(400, "INVALID", "Validation failed. `errors` lists every wrong field and parameter."),
    ErrorCode(400, "BAD_REQUEST", "The `Host` header is wrong, or there are over a thousand query parameters."),
    ErrorCode(401, "NOT_AUTHENTICATED", "The `X-API-KEY` header is missing."),
    ErrorCode(401, "INVALID_API_KEY", "The API key is unknown, expired or revoked."),
    ErrorCode(403, "HTTPS_REQUIRED", "The request came over plain http. It was not carried out."),
    ErrorCode(406, "NOT_ACCEPTABLE", "The `Accept` header does not allow JSON."),
    ErrorCode(408, "REQUEST_TIMEOUT", "The body did not arrive within a minute."),
    ErrorCode(413, "BODY_TOO_LARGE", "The body is larger than 256 KiB."),
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


def errors(*exceptions: type[DomainError]) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the errors of one operation for `extend_schema(responses=...)`. Common errors are added to all."""
    responses: dict[str, Any] = {}
    for error in map(ErrorCode.of, exceptions):
        _add_error(responses, error)
    return {
        (int(status), MEDIA_TYPE): OpenApiResponse(
            response["content"][MEDIA_TYPE]["schema"], description=response["description"]
        )
        for status, response in responses.items()
    }


def _add_error(responses: dict[str, Any], error: ErrorCode) -> None:
    """Add the code to the response of its status: to the enum of `code` and to the description."""
    response = responses.setdefault(str(error.status), {"content": {MEDIA_TYPE: {"schema": _problem_schema()}}})
    _, with_code = response["content"][MEDIA_TYPE]["schema"]["allOf"]
    with_code["properties"]["code"]["enum"].append(error.code)
    line = f"- `{error.code}`: {error.description}"
    response["description"] = "\n".join(filter(None, [response.get("description"), line]))


def _problem_schema() -> dict[str, Any]:
    code = {"code": {"type": "string", "enum": [], "description": "New codes may be added."}}
    return {"allOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "object", "properties": code}]}


def _header(kind: str, description: str) -> dict[str, Any]:
    return {"schema": {"type": kind}, "description": description}


REQUEST_ID = {"X-Request-Id": _header("string", "Id of the request. Quote it when you report a problem.")}
HEADERS = {
    "401": {"WWW-Authenticate": _header("string", "How to authenticate.")},
    "429": {"Retry-After": _header("integer", "Seconds to wait before the next attempt.")},
    "503": {"Retry-After": _header("integer", "Seconds to wait before the next attempt.")},
}
REPLAYED = {"Idempotent-Replayed": _header("string", "`true` if this is the stored response to an earlier request.")}
STORED = {"200", "201", "202", "400", "404"}
KEY = "1 to 255 printable ASCII characters without commas."


class ApiSchema(AutoSchema):
    """Adds what follows from the view: its scope, the ids in its path, its query serializer and `documented_errors`."""

    @property
    def _handler_errors(self) -> tuple[type[DomainError], ...]:
        """The errors that `@idempotent` adds."""
        return getattr(getattr(self.view, self.view.action), "documented_errors", ())  # type: ignore[attr-defined]

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = []
        if query := self.view.query_serializers.get(self.view.action):  # type: ignore[attr-defined]
            parameters.append(query)
        if self.method == "POST":
            kept = "A retry with the same key within 24 hours gets the stored response."
            not_kept = "Accepted without effect: the response is never stored."
            description = f"{KEY} {kept if self._handler_errors else not_kept}"
            parameters.append(
                OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description=description)
            )
        return parameters

    def get_examples(self) -> list[OpenApiExample]:
        responses: Any = self.get_response_serializers()
        ((status, response),) = ((key, value) for key, value in responses.items() if isinstance(key, int))
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
        for error in self._common_errors(has_body="requestBody" in operation):
            _add_error(responses, error)
        for status, response in responses.items():
            replayed = REPLAYED if self._handler_errors and status in STORED else {}
            response["headers"] = {**REQUEST_ID, **replayed, **HEADERS.get(status, {})}
        return {**operation, "responses": dict(sorted(responses.items()))}

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


GROWS = "New values may be added: do not fail on an unknown one."
FIXED = "No values will be added in this version of the API."


def describe_enum_growth(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: say of each enum whether it may grow (`OPENAPI_FIXED_ENUMS`)."""
    for name, component in result["components"]["schemas"].items():
        if "enum" in component:
            growth = FIXED if name in settings.OPENAPI_FIXED_ENUMS else GROWS
            component["description"] = f"{growth}\n\n{component.get('description', '')}".strip()
    return result
