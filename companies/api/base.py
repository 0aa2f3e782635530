"""What every view of the API shares."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from companies.actors import Actor
from companies.models import ApiKey, Company, Partner, Scope
from config.api.json import refuse_unmeasured_body
from config.refusals import NotThere


class PartnerView(APIView):
    """A view for the partner whose key was sent. `scopes` maps a method to what the key must be allowed."""

    scopes: ClassVar[dict[str, Scope | None]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unmeasured_body(request._request)

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
        """The company in the path. Raises `NotThere` when it is another partner's."""
        company: Company | None = getattr(self.api_key, "company", None)
        if company is None:
            raise NotThere
        return company
