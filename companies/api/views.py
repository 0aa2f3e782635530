"""Companies and sites."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from companies.api import examples
from companies.api.base import PartnerView
from companies.api.idempotency import idempotent
from companies.api.serializers import (
    CompanyChanges,
    CompanyInput,
    CompanyOutput,
    CompanyPage,
    PingOutput,
    SiteChanges,
    SiteInput,
    SiteOutput,
    SitePage,
    represent_company,
    represent_site,
)
from companies.models import Company, Scope, Site
from companies.services.companies import create_company, create_site, update_company, update_site
from config.api.pagination import PageQuery, each, newest_first
from config.api.schema import operation
from config.db.index_hints import newest_first_for
from config.exceptions import NotFound

READ_AND_WRITE: dict[str, Scope | None] = {
    "GET": Scope.COMPANIES_READ,
    "POST": Scope.COMPANIES_WRITE,
    "PATCH": Scope.COMPANIES_WRITE,
}


class Ping(PartnerView):
    scopes: ClassVar[dict[str, Scope | None]] = {"GET": None}

    @operation(
        "ping",
        "Whose key this is",
        answer=PingOutput,
        example=examples.PING,
    )
    def get(self, request: Request) -> Response:
        """Says which partner the key belongs to, and the visible part of the key.

        Takes any key, and changes nothing.
        """
        return Response({"partner": self.partner.name, "apiKey": self.api_key.prefix})


class CompanyList(PartnerView):
    scopes = READ_AND_WRITE

    @operation(
        "listCompanies",
        "Companies, newest first",
        query=PageQuery,
        answer=CompanyPage,
        example=examples.COMPANIES,
    )
    def get(self, request: Request) -> Response:
        """Every company of the partner's. `nextCursor` leads to the next page; there are no totals."""
        query = PageQuery.of(request)
        companies = newest_first_for(Company.objects.all(), "partner", self.partner.pk)
        return Response(newest_first("companies", companies, each(represent_company), **query))

    @operation(
        "createCompany",
        "Create a company",
        body=CompanyInput,
        body_example=examples.COMPANY_BODY,
        answer=CompanyOutput,
        status=201,
        example=examples.COMPANY,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """A company whose utility accounts are to be connected.

        Only `name` must be given; null is the same as not given.
        """
        company = create_company(self.partner, **CompanyInput.checked(request.data))
        return Response(represent_company(company), status=201)


class CompanyDetail(PartnerView):
    scopes = READ_AND_WRITE

    @operation(
        "getCompany",
        "One company",
        answer=CompanyOutput,
        example=examples.COMPANY,
    )
    def get(self, request: Request, company_id: UUID) -> Response:
        """The company as it is now."""
        return Response(represent_company(self.company))

    @operation(
        "updateCompany",
        "Change a company",
        body=CompanyChanges,
        body_example={"name": "Riverside Bakeries Ltd"},
        answer=CompanyOutput,
        example=examples.COMPANY,
    )
    def patch(self, request: Request, company_id: UUID) -> Response:
        """What is left out stays as it is; null takes `replyTo` and `externalId` away.

        `repairsAutomatically` that is switched off withdraws the invitations to repair that it has sent.
        """
        company = update_company(self.company, **CompanyChanges.checked(request.data))
        return Response(represent_company(company))


class SiteList(PartnerView):
    scopes = READ_AND_WRITE

    @operation(
        "listSites",
        "Sites of a company, newest first",
        query=PageQuery,
        answer=SitePage,
        example=examples.SITES,
    )
    def get(self, request: Request, company_id: UUID) -> Response:
        """Every site of one company. `nextCursor` leads to the next page; there are no totals."""
        query = PageQuery.of(request)
        sites = newest_first_for(Site.objects.all(), "company", self.company.pk)
        return Response(newest_first("sites", sites, each(represent_site), **query))

    @operation(
        "createSite",
        "Create a site",
        body=SiteInput,
        body_example=examples.SITE_BODY,
        answer=SiteOutput,
        status=201,
        example=examples.SITE,
    )
    @idempotent
    def post(self, request: Request, company_id: UUID) -> Response:
        """A place of the company's, which invitations and connections can name.

        Only `name` must be given; null is the same as not given.
        """
        site = create_site(self.company, **SiteInput.checked(request.data))
        return Response(represent_site(site), status=201)


class SiteDetail(PartnerView):
    scopes = READ_AND_WRITE

    def site(self, site_id: UUID) -> Site:
        site = Site.objects.visible_to(self.partner).filter(pk=site_id).first()
        if site is None:
            raise NotFound
        return site

    @operation("getSite", "One site", answer=SiteOutput, example=examples.SITE)
    def get(self, request: Request, site_id: UUID) -> Response:
        """The site as it is now."""
        return Response(represent_site(self.site(site_id)))

    @operation(
        "updateSite",
        "Change a site",
        body=SiteChanges,
        body_example={"address": "2 Mill Lane, Bath"},
        answer=SiteOutput,
        example=examples.SITE,
    )
    def patch(self, request: Request, site_id: UUID) -> Response:
        """What is left out stays as it is; null takes `externalId` away, and an empty `address` the address.

        A site stays with its company.
        """
        site = update_site(self.site(site_id), **SiteChanges.checked(request.data))
        return Response(represent_site(site))
