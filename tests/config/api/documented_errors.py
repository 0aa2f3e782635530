"""Comparison of responses with the OpenAPI document."""

from typing import Any

from django.urls import Resolver404, resolve

from config.api.exception_handler import MEDIA_TYPE
from tests.config.api.operations import operations_of


def error_code(response: Any) -> tuple[str, str]:
    """Status and code of an error."""
    assert response["Content-Type"] == MEDIA_TYPE, response.content[:500]
    return str(response.status_code), response.json()["code"]


def check_documented(method: str, path: str, response: Any) -> None:
    """Fail if the document lacks the status or the error code of a response. Every response in any test is checked."""
    try:
        match = resolve(path)
    except Resolver404:
        return
    for operation in operations_of(match.func, match.route):
        if operation.method != method:
            continue
        if response.status_code < 400:
            assert str(response.status_code) in operation.schema["responses"], operation
        else:
            assert error_code(response) in operation.error_codes, operation
