"""Reading of problem documents."""

from typing import Any

from config.api.exception_handler import MEDIA_TYPE


def problem_in(answer: Any, status: int) -> Any:
    """Return the problem document. Fails for another status."""
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"] == MEDIA_TYPE
    document = answer.json()
    assert document["status"] == status
    assert document["requestId"] == answer["X-Request-Id"]
    return document


def wrong_fields(answer: Any) -> list[str]:
    """Return the JSON Pointers of a 400."""
    return [error["pointer"] for error in problem_in(answer, 400)["errors"]]
