"""The OpenAPI document and the page that shows it."""

import hashlib
from functools import lru_cache
from threading import Lock
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.generator import OpenAPIGenerator
from config.api.json import to_json
from config.api.query import QuerySerializer, validate_query

MAX_AGE_SECONDS = 300

_lock = Lock()


class DocsQuery(QuerySerializer):
    """The page loads its own script with this parameter, because inline scripts are forbidden."""

    script = serializers.CharField(required=False, allow_blank=True)


def openapi_document(version: str = "3.1") -> dict[str, Any]:
    """Return the document, built once for each process. drf-spectacular's generator is not thread-safe."""
    with _lock:
        return _build()[version]


@lru_cache(maxsize=1)
def _build() -> dict[str, dict[str, Any]]:
    generator = OpenAPIGenerator()  # type: ignore[no-untyped-call]
    return {"3.1": generator.get_schema(request=None, public=True), "3.0": generator.openapi_3_0}


@lru_cache
def rendered_document(version: str) -> tuple[bytes, str]:
    """Return the document as JSON, and its digest. Made once for each process: it takes half a second."""
    body = to_json(openapi_document(version))
    return body, hashlib.sha256(body).hexdigest()[:32]


class OpenAPIView(SpectacularJSONAPIView):
    """Serves the document to anyone. Accepts no query parameter."""

    schema = None
    http_method_names = ["get", "head"]
    openapi_version = "3.1"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        validate_query(QuerySerializer, request.query_params)
        body, digest = rendered_document(self.openapi_version)
        media_type = request.accepted_renderer.media_type
        etag = quote_etag(f"{digest}-{len(media_type)}")  # the other media type is another representation
        response = HttpResponse(body, content_type=media_type, headers={"ETag": etag})
        response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
        return get_conditional_response(request._request, etag=etag, response=response)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI with the document, for anyone."""

    schema = None
    url_name = "openapi"
    http_method_names = ["get", "head"]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        validate_query(DocsQuery, request.query_params)
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return response
