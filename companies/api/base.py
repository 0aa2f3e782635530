"""What every view of the API shares."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from companies.actors import Actor
from companies.models import ApiKey, Company, Partner, Scope
from config.api.pagination import QuerySerializer
from config.exceptions import NotFound


class PartnerView(APIView):
    """A view for the partner whose key was sent. `scopes` maps a method to what the key must be allowed.

    Query parameters are refused unless the operation describes some, and then they are for the method to check.
    No answer is kept by whatever lies between.
    """

    scopes: ClassVar[dict[str, Scope | None]]
    # OPTIONS is nobody's: what can be done is in the OpenAPI document, and no page of another site calls us
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request)
        described = getattr(getattr(self, str(request.method).lower()), "described", None)
        if request.query_params and not (described and described.takes_query):
            QuerySerializer.of(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    @property
    def api_key(self) -> ApiKey:
        key = self.request.auth
        assert isinstance(key, ApiKey)  # noqa: S101 - the permission class has seen to it
        return key

    @property
    def partner(self) -> Partner:
        return self.api_key.partner

    @property
    def actor(self) -> Actor:
        return Actor.partner(self.api_key)

    @property
    def company(self) -> Company:
        """The company in the path. Raises `NotFound` when it is another partner's."""
        company: Company | None = getattr(self.api_key, "company", None)
        if company is None:
            raise NotFound
        return company
