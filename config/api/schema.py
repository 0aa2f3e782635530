"""What the generated OpenAPI document says about every operation, said once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, NamedTuple

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    Direction,
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import serializers

from config.api.exception_handler import MEDIA_TYPE
from config.exceptions import DomainError


class Promise(NamedTuple):
    """One way in which an operation may refuse: the status, the problem's `code`, and when."""

    status: int
    code: str
    when: str


ALWAYS = (
    Promise(400, "INVALID", "A field or parameter does not hold, or has a name that is none: `errors` has each."),
    Promise(400, "BAD_REQUEST", "The request names another host, or has over a thousand parameters."),
    Promise(401, "NOT_AUTHENTICATED", "No key was sent."),
    Promise(401, "INVALID_API_KEY", "The key is unknown, expired or revoked."),
    Promise(406, "NOT_ACCEPTABLE", "Only JSON can be had."),
    Promise(411, "LENGTH_REQUIRED", "A body without a length."),
    Promise(413, "BODY_TOO_LARGE", "A body over 256 KiB. It is not read."),
    Promise(500, "INTERNAL_ERROR", "Something went wrong on our side. It has been noted under the `requestId`."),
    Promise(503, "UNAVAILABLE", "The database does not answer. Try again after `Retry-After`."),
)
WITH_A_BODY = (
    Promise(400, "MALFORMED_JSON", "The body is not JSON (RFC 8259), or nested over 32 levels."),
    Promise(415, "UNSUPPORTED_MEDIA_TYPE", "A body that does not say it is `application/json`."),
)
WITH_AN_ID = (Promise(404, "NOT_FOUND", "It is not there, or another partner's."),)


class FieldProblem(serializers.Serializer[Any]):
    """What is wrong with one field of the body, or one query parameter."""

    pointer = serializers.CharField(help_text="JSON Pointer into the body, or `?name` for a query parameter.")
    code = serializers.CharField(help_text="For programs.")
    detail = serializers.CharField(help_text="For people.")


class Problem(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField(help_text="A URN made of the code.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="For people; of several wrong fields the first.")
    code = serializers.CharField(help_text="For programs.")
    requestId = serializers.CharField(allow_null=True, help_text="The `X-Request-Id` of this answer.")
    errors = FieldProblem(many=True, help_text="One for each wrong field; else empty.")  # type: ignore[assignment]


@dataclass(frozen=True)
class Operation:
    """What a view's method was described as."""

    status: int
    answer: Any
    takes_query: bool
    takes_body: bool
    replays: bool
    promises: tuple[Promise, ...]


class ApiSchema(AutoSchema):
    """Reads off the view what it may refuse: its scopes, the ids in its path, and what `operation` was told."""

    @property
    def _operation(self) -> Operation:
        described: Operation = getattr(self.view, self.method.lower()).described
        return described

    def get_description(self) -> str:  # type: ignore[override]
        """The words of the method itself: those of its class are for whoever works on it."""
        return cleandoc(getattr(self.view, self.method.lower()).__doc__ or "")

    def get_override_parameters(self) -> list[Any]:
        if self.method != "POST":
            return [*ANSWERED]
        return [*ANSWERED, *(REPLAYED if self._operation.replays else NOT_REPLAYED)]

    def get_response_serializers(self) -> Any:
        by_status: dict[int, list[Promise]] = {}
        for promise in self._promises():
            by_status.setdefault(promise.status, []).append(promise)
        problems = {(status, MEDIA_TYPE): self._problem(by_status[status]) for status in sorted(by_status)}
        return {(self._operation.status, "application/json"): self._operation.answer, **problems}

    def _promises(self) -> Iterator[Promise]:
        yield from ALWAYS
        if self._operation.takes_body:
            yield from WITH_A_BODY
        if scope := self.view.scopes.get(self.method):  # type: ignore[attr-defined]
            yield Promise(403, "SCOPE_MISSING", f"The key lacks the scope `{scope}`.")
        if "{" in self.path:
            yield from WITH_AN_ID
        yield from self._operation.promises

    def _problem(self, promises: list[Promise]) -> OpenApiResponse:
        """A problem document with one of these codes, and what each of them means."""
        document = self.resolve_serializer(Problem, "response").ref
        codes = {"code": {"type": "string", "enum": [promise.code for promise in promises]}}
        words = "\n".join(f"- `{promise.code}`: {promise.when}" for promise in promises)
        return OpenApiResponse({"allOf": [document, {"type": "object", "properties": codes}]}, description=words)


def header(name: str, kind: type, description: str, *, response: Any = False) -> OpenApiParameter:
    """A header of the request, or of the answers that `response` names: all with True, else those with these codes."""
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=description, response=response)


ANSWERED = (
    header("X-Request-Id", str, "Names the request, for whoever asks about it.", response=True),
    header("Retry-After", int, "After so many seconds.", response=[429, 503]),
    header("WWW-Authenticate", str, "Says that an API key is missing.", response=[401]),
)
KEY = "1 to 255 characters of printable ASCII"
REPLAYED = (
    header("Idempotency-Key", str, f"{KEY}, kept for 24 hours: a retry gets the first answer again."),
    header(
        "Idempotent-Replayed", str, "`true` on an answer that was given before.", response=[200, 201, 202, 400, 404]
    ),
)
NOT_REPLAYED = (header("Idempotency-Key", str, "Is taken and changes nothing: no copy of the answer is kept."),)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "companies.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-API-KEY"}


class StrictObjects(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A body that refuses unknown fields says so."""

    target_class = "config.api.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # type: ignore[no-untyped-call]
        return {**schema, "additionalProperties": False}


def _promised(refusals: Mapping[type[DomainError], str]) -> Iterator[Promise]:
    for refusal, when in refusals.items():
        yield Promise(refusal.status, refusal.code, when)


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
    refuses: Mapping[type[DomainError], str] | None = None,
) -> Callable[..., Any]:
    """Describes a view's method: what goes in, what comes out, an example of each. Its docstring is for callers, too.

    `refuses` has its own refusals and when they come; what path, scope, body and Idempotency-Key bring is known.
    """
    examples = [OpenApiExample("Answer", value=example, response_only=True, status_codes=[str(status)])]
    if body_example is not None:
        examples.append(OpenApiExample("Request", value=body_example, request_only=True))
    describe = extend_schema(
        operation_id=operation_id,
        summary=summary,
        request=body,
        parameters=[query] if query else None,
        examples=examples,
    )

    def described(method: Callable[..., Any]) -> Callable[..., Any]:
        kept = getattr(method, "refuses", {})
        method.described = Operation(  # type: ignore[attr-defined]
            status=status,
            answer=answer,
            takes_query=query is not None,
            takes_body=body is not None,
            replays=bool(kept),
            promises=tuple(_promised({**kept, **(refuses or {})})),
        )
        return describe(method)

    return described
