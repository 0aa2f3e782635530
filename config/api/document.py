"""The OpenAPI document."""

from functools import lru_cache
from threading import Lock
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request
from rest_framework.response import Response

_lock = Lock()


def openapi_document() -> dict[str, Any]:
    """Return the document, built once for each process. drf-spectacular's generator is not thread-safe."""
    with _lock:
        return _build()


@lru_cache(maxsize=1)
def _build() -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


class OpenAPIView(SpectacularJSONAPIView):
    """Serves the document to anyone. Ignores query parameters."""

    schema = None
    http_method_names = ["get", "head"]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(openapi_document())
