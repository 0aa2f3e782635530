"""Every operation of the API, found in the URL patterns, so that a new one cannot be forgotten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, get_resolver
from drf_spectacular.generators import SchemaGenerator

from companies.api.base import PartnerView

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """A method of a path such as `company/<uuid:company_id>`."""

    method: str
    route: str
    view: type[PartnerView]

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def parameters(self) -> list[str]:
        """The names of the ids in the path."""
        return [part.split(":")[1].rstrip(">") for part in self.route.split("/") if part.startswith("<")]

    def path(self, ids: dict[str, Any]) -> str:
        """The path with these ids; a KeyError means that an operation takes an id the tests do not know."""
        path = self.route
        for name in self.parameters:
            path = path.replace(f"<uuid:{name}>", str(ids[name]))
        return path

    @property
    def described(self) -> dict[str, Any]:
        """What the OpenAPI document says of it."""
        (said,) = (path for path in document()["paths"] if _shape(path) == _shape(f"/v2/{self.route}"))
        return document()["paths"][said][self.method]

    @property
    def example_body(self) -> Any:
        """A body that holds, from the document."""
        content = self.described.get("requestBody", {}).get("content", {}).get("application/json", {})
        return next((example["value"] for example in content.get("examples", {}).values()), None)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


def operations() -> list[Operation]:
    """All of them."""
    return sorted(_in(get_resolver().url_patterns, ""), key=str)


def _shape(path: str) -> str:
    """The path without the names of its ids, which URL patterns and the document spell in their own ways."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path)


def _in(patterns: list[Any], prefix: str) -> Iterator[Operation]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from _in(pattern.url_patterns, route)
        elif issubclass(view := getattr(pattern.callback, "cls", object), PartnerView):
            for method in METHODS:
                if hasattr(view, method):
                    yield Operation(method, route.removeprefix("v2/"), view)
