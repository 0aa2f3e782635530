"""What the OpenAPI document promises of an operation, and what it really answers."""

from typing import Any

from django.urls import Resolver404, resolve

from companies.api.base import PartnerView
from config.api.exception_handler import MEDIA_TYPE
from tests.invitations.api.operations import METHODS, Operation


def promised(operation: Operation) -> set[tuple[str, str]]:
    """Every refusal that the document promises: its status and code."""
    refusals = ((status, said) for status, said in operation.described["responses"].items() if status >= "4")
    return {(status, code) for status, said in refusals for code in _codes(said)}


def answered(answer: Any) -> tuple[str, str]:
    """The status and the code of a refusal."""
    assert answer["Content-Type"] == MEDIA_TYPE, answer.content[:500]
    return str(answer.status_code), answer.json()["code"]


def hold_to_promise(method: str, path: str, answer: Any) -> None:
    """Refuse an answer of the API that the document does not tell of. Asked of every answer that a test ever gets."""
    try:
        match = resolve(path)
    except Resolver404:
        return
    view = getattr(match.func, "cls", object)
    if not issubclass(view, PartnerView) or method not in METHODS or not hasattr(view, method):
        return
    operation = Operation(method, match.route.removeprefix("v2/"), view)
    if answer.status_code < 400:
        assert str(answer.status_code) in operation.described["responses"], operation
    else:
        assert answered(answer) in promised(operation), operation


def _codes(said: dict[str, Any]) -> list[str]:
    _, narrowed = said["content"][MEDIA_TYPE]["schema"]["allOf"]
    return list(narrowed["properties"]["code"]["enum"])
