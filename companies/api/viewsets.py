"""Ping, companies and sites."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.idempotency import idempotent
from companies.api.serializers import (
    CompanySerializer,
    CreateCompany,
    CreateSite,
    PingSerializer,
    SiteQuery,
    SiteSerializer,
    UpdateCompany,
    UpdateSite,
    represent_company,
    represent_ping,
    represent_site,
)
from companies.exceptions import KeyLimitedToCompanies
from companies.models import Company, Scope, Site, SiteQuerySet
from companies.services.companies import (
    archive_site,
    create_company,
    create_site,
    restore_site,
    update_company,
    update_site,
)
from config.api.conditional import conditional
from config.api.fields import EmptyBody
from config.api.pagination import KeysetPagination
from config.api.query import PageQuery
from config.api.schema import errors
from config.db.index_hints import newest_first_for

READ_AND_WRITE: dict[str, Scope | None] = {
    "GET": Scope.COMPANIES_READ,
    "POST": Scope.COMPANIES_WRITE,
    "PATCH": Scope.COMPANIES_WRITE,
}


class PingViewSet(PartnerViewSet):
    required_scopes: ClassVar[dict[str, Scope | None]] = {"GET": None}

    @extend_schema(operation_id="ping", summary="Check the API key", responses={200: PingSerializer})
    def retrieve(self, request: Request) -> Response:
        """Returns the partner that the API key belongs to, and what the key may do and see.

        Accepts any key and changes nothing.
        """
        return Response(represent_ping(self.api_key))


class CompanyViewSet(PartnerViewSet):
    required_scopes = READ_AND_WRITE
    query_serializers = {"list": PageQuery}
    pagination_class = KeysetPagination.named("companies")
    lookup_url_kwarg = "company_id"

    @extend_schema(operation_id="listCompanies", summary="List companies", responses={200: CompanySerializer})
    def list(self, request: Request) -> Response:
        """Returns the companies that the API key may see, newest first. Send `nextCursor` as `cursor` to go on."""
        companies = Company.objects.visible_to(self.api_key)
        return self.paginated(companies, lambda rows: [represent_company(row) for row in rows])

    @extend_schema(
        operation_id="createCompany",
        summary="Create a company",
        request=CreateCompany,
        responses={201: CompanySerializer, **errors(KeyLimitedToCompanies)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Creates a company, for which you can then create invitations and connections.

        Only `name` is required. Null means omitted. A key that is limited to chosen companies cannot create others.
        """
        company = create_company(self.api_key.world, by=self.actor, **self.validated(CreateCompany))
        return Response(represent_company(company), status=201)

    @extend_schema(operation_id="getCompany", summary="Get a company", responses={200: CompanySerializer})
    @conditional
    def retrieve(self, request: Request, company_id: UUID) -> dict[str, Any]:
        """Returns one company."""
        return represent_company(self.company)

    @extend_schema(
        operation_id="updateCompany",
        summary="Update a company",
        request=UpdateCompany,
        responses={200: CompanySerializer},
    )
    def partial_update(self, request: Request, company_id: UUID) -> Response:
        """Changes the fields that are sent. Null removes `replyTo` and `externalId`.

        Switching off `repairsAutomatically` revokes the repair invitations that were sent automatically. With
        `isActive` false, connections become `COMPANY_INACTIVE`, and invitations cannot be created, mailed or used. With
        true, connections return to the status they had, and the same links work again.
        """
        company = update_company(self.company, by=self.actor, **self.validated(UpdateCompany))
        return Response(represent_company(company))


class SiteViewSet(PartnerViewSet):
    required_scopes = READ_AND_WRITE
    query_serializers = {"list": SiteQuery}
    pagination_class = KeysetPagination.named("sites")
    lookup_url_kwarg = "site_id"

    def get_queryset(self) -> SiteQuerySet:
        return Site.objects.visible_to(self.api_key)

    @extend_schema(operation_id="listSites", summary="List the sites of a company", responses={200: SiteSerializer})
    def list(self, request: Request, company_id: UUID) -> Response:
        """Returns the sites of one company, newest first, without the archived ones.

        Send `nextCursor` as `cursor` to get the next page.
        """
        chosen = Site.objects.archived() if self.query.get("archived") else Site.objects.current()
        sites = newest_first_for(chosen, "company", self.company.pk)
        return self.paginated(sites, lambda rows: [represent_site(row) for row in rows])

    @extend_schema(
        operation_id="createSite", summary="Create a site", request=CreateSite, responses={201: SiteSerializer}
    )
    @idempotent
    def create(self, request: Request, company_id: UUID) -> Response:
        """Creates a site of the company, which invitations and connections can refer to.

        Only `name` is required. Null means omitted.
        """
        site = create_site(self.company, by=self.actor, **self.validated(CreateSite))
        return Response(represent_site(site), status=201)

    @extend_schema(operation_id="getSite", summary="Get a site", responses={200: SiteSerializer})
    @conditional
    def retrieve(self, request: Request, site_id: UUID) -> dict[str, Any]:
        """Returns one site."""
        return represent_site(self.get_object())

    @extend_schema(
        operation_id="updateSite", summary="Update a site", request=UpdateSite, responses={200: SiteSerializer}
    )
    def partial_update(self, request: Request, site_id: UUID) -> Response:
        """Changes the fields that are sent. Null removes `externalId`, and an empty `address` removes the address.

        A site cannot move to another company.
        """
        site = update_site(self.get_object(), by=self.actor, **self.validated(UpdateSite))
        return Response(represent_site(site))

    @extend_schema(
        operation_id="archiveSite", summary="Archive a site", request=EmptyBody, responses={200: SiteSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def archive(self, request: Request, site_id: UUID) -> Response:
        """Hides the site from lists and choices. Invitations and connections that have it keep it.

        Archiving a site again changes nothing and returns 200.
        """
        site = self.get_object()
        self.validated(EmptyBody)
        return Response(represent_site(archive_site(site, by=self.actor)))

    @extend_schema(
        operation_id="restoreSite",
        summary="Restore an archived site",
        request=EmptyBody,
        responses={200: SiteSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def restore(self, request: Request, site_id: UUID) -> Response:
        """Shows the site in lists and choices again. Restoring a site that is not archived changes nothing."""
        site = self.get_object()
        self.validated(EmptyBody)
        return Response(represent_site(restore_site(site, by=self.actor)))
