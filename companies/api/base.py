"""Base of all viewsets of the API."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NoReturn

from django.db.models import Q, QuerySet
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from companies.actors import Actor
from companies.api.throttling import RequestThrottle, rate_limit_headers
from companies.exceptions import RequestLimitReached
from companies.models import ApiKey, Company, Partner, Scope, find_api_key
from companies.services.key_writes import last_write, record_write
from companies.services.request_limits import RequestCount
from config.api.fields import StrictSerializer
from config.api.query import QuerySerializer, validate_query
from config.api.validation import validate
from config.db import replica
from config.exceptions import NotFound


class PartnerViewSet(GenericViewSet[Any]):
    """A viewset for the partner whose key was sent.

    `required_scopes` maps a method to the scope that the key needs, None for any key. `query_serializers` maps an
    action to its query parameters; other actions reject every parameter. Responses are never cached.
    """

    required_scopes: ClassVar[Mapping[str, Scope | None]]
    query_serializers: ClassVar[Mapping[str, type[QuerySerializer]]] = {}
    query: dict[str, Any]
    throttle_classes = [RequestThrottle]
    request_count: RequestCount | None = None
    lookup_value_converter = "uuid"
    # no OPTIONS: the OpenAPI document describes the API, and pages of other sites must not call it
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.action or request.method == "OPTIONS":
            self.http_method_not_allowed(request)
        query_serializer = self.query_serializers.get(self.action)
        if query_serializer or request.META["QUERY_STRING"]:
            self.query = validate_query(query_serializer or QuerySerializer, request.query_params)

    def find_api_key(self, value: str) -> ApiKey | None:
        """Find the key for `ApiKeyAuthentication`, with the company that the path names."""
        return find_api_key(value, company_id=self.kwargs.get("company_id"))

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        """Count refused requests, too."""
        self.check_throttles(request)
        super().permission_denied(request, message, code)

    def throttled(self, request: Request, wait: float) -> NoReturn:
        raise RequestLimitReached(retry_after=int(wait))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        finalized = super().finalize_response(request, response, *args, **kwargs)
        finalized["Cache-Control"] = "no-store"
        if isinstance(finalized, Response):
            finalized.add_post_render_callback(self._release)
        if request.method not in SAFE_METHODS and isinstance(request.auth, ApiKey):
            record_write(request.auth.pk)
        if self.request_count:
            for name, value in rate_limit_headers(self.request_count).items():
                finalized[name] = value
        return finalized

    def validated(
        self, serializer_class: type[StrictSerializer], check: Callable[[dict[str, Any]], Any] | None = None
    ) -> dict[str, Any]:
        """Return the validated body under the service's names. Raises `ValidationError`; see `validate`."""
        return validate(serializer_class, self.request.data, check)

    def paginated(
        self,
        queryset: QuerySet[Any],
        represent: Callable[[list[Any]], list[dict[str, Any]]],
        disjoint_conditions: Sequence[Q] = (),
    ) -> Response:
        """Return a page of `queryset`; see `KeysetPagination`. It may be read from a replica."""
        paginator: Any = self.paginator

        def page() -> list[dict[str, Any]]:
            return represent(paginator.paginate_queryset(queryset, self.request, self, disjoint_conditions))

        return self.get_paginated_response(self._read_page(page))

    def paginated_by_id(self, read: Callable[..., list[dict[str, Any]]]) -> Response:
        """Return a page of what `read` returns for `before` and `limit`; see `KeysetPagination`.

        It may be read from a replica.
        """
        paginator: Any = self.paginator
        return self.get_paginated_response(self._read_page(lambda: paginator.paginate_by_id(read, self)))

    def _read_page(self, page: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        return replica.read(page, partial(last_write, self.api_key.pk))

    @property
    def api_key(self) -> ApiKey:
        key = self.request.auth
        assert isinstance(key, ApiKey)  # noqa: S101 - checked by the permission class
        return key

    @property
    def partner(self) -> Partner:
        return self.api_key.partner

    @property
    def actor(self) -> Actor:
        return Actor.partner(self.api_key)

    @property
    def company(self) -> Company:
        """The company in the path. Raises `NotFound` if the API key does not see it."""
        company: Company | None = getattr(self.api_key, "company", None)
        if company is None:
            raise NotFound
        return company

    def _release(self, response: Any) -> None:
        """Break the reference cycles of a rendered response: otherwise it waits for the garbage collector."""
        response.renderer_context = self.request.parser_context = {}
        vars(self).clear()
