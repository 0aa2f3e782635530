"""Problem documents (RFC 9457)."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from bench.peer.outer import request_id
from config.api.json import to_json

INVALID_KEY = "This API key is not valid."


class Problem(Exception):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


class NotFound(Problem):
    def __init__(self) -> None:
        super().__init__(404, "NOT_FOUND", "Not found.")


class Invalid(Problem):
    def __init__(self, detail: str) -> None:
        super().__init__(400, "INVALID", detail)


class NotOfThePeer(Problem):
    """Latchkey does this, the peer does not."""

    def __init__(self, what: str) -> None:
        super().__init__(501, "NOT_OF_THE_PEER", what)


async def respond(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    document = {
        "type": f"urn:latchkey:problem:{problem.code.lower().replace('_', '-')}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "requestId": request_id.get(),
        "errors": [],
    }
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(document), problem.status, headers, "application/problem+json")
