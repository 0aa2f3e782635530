"""What the generated OpenAPI document says about every operation, said once."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from config.api.problems import MEDIA_TYPE

PROBLEMS = {
    400: "Malformed JSON, a field that does not hold, or an unknown field.",
    401: "No key, or an unknown, expired or revoked one.",
    403: "The key lacks the scope.",
    404: "Not there, or another partner's.",
    406: "Only JSON can be had.",
    409: "The state forbids it, or a request with the same Idempotency-Key is still running.",
    411: "A body without a length.",
    413: "A body over 256 KiB.",
    415: "A body that is not JSON.",
    422: "The Idempotency-Key was used with another request.",
    429: "Too often; try again after `Retry-After`.",
    503: "The database does not answer; try again after `Retry-After`.",
}
WITH_A_BODY = {409, 411, 413, 415, 422}
LIMITED = {429}


class FieldProblem(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON Pointer into the body, or `?name` for a query parameter.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    requestId = serializers.CharField(allow_null=True)
    errors = FieldProblem(many=True)  # type: ignore[assignment]


class ApiSchema(AutoSchema):
    """Every POST takes an `Idempotency-Key`; every operation may answer with a problem document."""

    def get_override_parameters(self) -> list[Any]:
        return [*ANSWERED, *(IDEMPOTENCY if self.method == "POST" else ())]


def header(name: str, kind: type, description: str, *, response: Any = False) -> OpenApiParameter:
    """A header of the request, or of the answers that `response` names: all with True, else those with these codes."""
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=description, response=response)


ANSWERED = (
    header("X-Request-Id", str, "Names the request, for whoever asks about it.", response=True),
    header("Retry-After", int, "After so many seconds.", response=[429, 503]),
)
IDEMPOTENCY = (
    header("Idempotency-Key", str, "At most 255 characters, kept for 24 hours: a retry gets the first answer again."),
    header("Idempotent-Replayed", str, "`true` on an answer that was given before.", response=True),
)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "companies.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-API-KEY"}


def operation(
    operation_id: str,
    summary: str,
    *,
    answer: Any,
    example: Any,
    status: int = 200,
    body: Any = None,
    body_example: Any = None,
    query: Any = None,
    is_limited: bool = False,
) -> Callable[..., Any]:
    """Describes a view's method: what goes in, what comes out, an example of each, and what can go wrong."""
    examples = [OpenApiExample("Answer", value=example, response_only=True, status_codes=[str(status)])]
    if body_example is not None:
        examples.append(OpenApiExample("Request", value=body_example, request_only=True))
    problems = {
        (code, MEDIA_TYPE): OpenApiResponse(Problem, description=text)
        for code, text in PROBLEMS.items()
        if (body is not None or code not in WITH_A_BODY) and (is_limited or code not in LIMITED)
    }
    describe = extend_schema(
        operation_id=operation_id,
        summary=summary,
        request=body,
        parameters=[query] if query else None,
        responses={(status, "application/json"): answer, **problems},
        examples=examples,
    )

    def described(method: Callable[..., Any]) -> Callable[..., Any]:
        method.takes_query = query is not None  # type: ignore[attr-defined]
        return describe(method)

    return described
