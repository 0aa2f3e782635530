"""All operations of the API, found in the URL patterns, so that tests cover new ones automatically."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver

from companies.api.base import PartnerViewSet
from companies.models import Company, Scope
from config.api.document import openapi_document
from invitations.models import Delivery, DeliveryStatus
from invitations.services.verification.proofs import create_proof
from tests.factories import SiteFactory, make_connection, make_delivery, make_endpoint, make_invitation


@dataclass(frozen=True)
class Operation:
    """A method of a path such as `company/<uuid:company_id>`."""

    method: str
    route: str
    view: Any

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def parameters(self) -> list[str]:
        """Names of the ids in the path."""
        return re.findall(r"<uuid:(\w+)>", self.route)

    def path(self, ids: dict[str, Any]) -> str:
        """The path with these ids. Raises KeyError for an id that tests do not know."""
        route = self.route.replace("<outcome:status>", "CONNECTED")
        return re.sub(r"<uuid:(\w+)>", lambda found: str(ids[found[1]]), route)

    @property
    def scope(self) -> Scope | None:
        required = getattr(self.view, "initkwargs", {}).get("required_scopes", self.view.cls.required_scopes)
        return required[self.method.upper()]

    @property
    def schema(self) -> dict[str, Any]:
        """The operation in the OpenAPI document."""
        shape = _shape(f"/v2/{self.route}")
        (path,) = (path for path in openapi_document()["paths"] if _shape(path) == shape)
        return openapi_document()["paths"][path][self.method]

    @property
    def error_codes(self) -> set[tuple[str, str]]:
        """Status and code of every documented error."""
        responses = {status: said for status, said in self.schema["responses"].items() if status >= "4"}
        return {(status, code) for status, said in responses.items() for code in _codes(said)}

    @property
    def body(self) -> dict[str, Any] | None:
        return self.schema.get("requestBody", {}).get("content", {}).get("application/json")

    @property
    def example_body(self) -> Any:
        """A valid body, from the document."""
        return self.body and component(self.body["schema"])["examples"][0]


def component(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a reference names, or the schema itself."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return openapi_document()["components"]["schemas"][name] if name else schema


def operations() -> list[Operation]:
    return sorted(_in(get_resolver().url_patterns, ""), key=str)


def operations_of(view: Any, route: str) -> Iterator[Operation]:
    """The operations of a view, if it is a viewset of the API."""
    if issubclass(getattr(view, "cls", object), PartnerViewSet):
        for method in view.actions.keys() - {"head"}:
            yield Operation(method, route.removeprefix("v2/"), view)


def path_ids(company: Company) -> dict[str, Any]:
    """An object of the company for each id in a path. The person of a test invitation was mailed and has verified."""
    invitation = make_invitation(company, allowed_emails=["jane@example.com"])
    if not company.is_live:
        Delivery.objects.create(invitation=invitation, email="jane@example.com", status=DeliveryStatus.SENT)
        create_proof(invitation, "jane@example.com", by="code")
    delivery = make_delivery(make_endpoint(company))
    return {
        "company_id": company.pk,
        "site_id": SiteFactory(company=company).pk,
        "connection_id": make_connection(company).pk,
        "webhook_id": delivery.endpoint_id,
        "delivery_id": delivery.pk,
        "invitation_id": invitation.pk,
    }


def _in(patterns: list[Any], prefix: str) -> Iterator[Operation]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield from operations_of(pattern.callback, route)
        else:
            yield from _in(pattern.url_patterns, route)


def _shape(path: str) -> str:
    """The path without the names of its ids, which URL patterns and the document spell differently."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path)


def _codes(response: dict[str, Any]) -> list[str]:
    return [code for content in response["content"].values() for code in content["examples"]]
