"""Companies and sites on the wire."""

from typing import Any

from rest_framework import serializers

from companies.models import Company, Site
from config.api.fields import Boolean, Line, Locale, NullMeansOmitted, StrictSerializer
from config.api.pagination import PageOutput


class CompanyFields(StrictSerializer):
    """What can be said when a company is made, and changed later."""

    name = Line(max_length=200)
    locale = Locale(required=False, help_text="Language of pages and mails, a BCP 47 tag; `en` when omitted.")
    replyTo = serializers.EmailField(source="reply_to", max_length=254, allow_null=True, required=False)
    externalId = Line(source="external_id", max_length=255, allow_null=True, required=False)
    repairsAutomatically = Boolean(
        source="repairs_automatically",
        required=False,
        help_text="Mail whoever can mend it when a connection stops working; off when omitted.",
    )


class CompanyInput(NullMeansOmitted, CompanyFields):
    """A new company. `name` must be given."""


class CompanyChanges(CompanyFields):
    """What is left out stays as it is."""

    name = Line(max_length=200, required=False)


class SiteFields(StrictSerializer):
    """What can be said when a site is made, and changed later."""

    name = Line(max_length=200)
    address = Line(max_length=500, allow_blank=True, required=False)
    externalId = Line(source="external_id", max_length=255, allow_null=True, required=False)


class SiteInput(NullMeansOmitted, SiteFields):
    """A new site. `name` must be given."""


class SiteChanges(SiteFields):
    """What is left out stays as it is."""

    name = Line(max_length=200, required=False)


class PingOutput(serializers.Serializer[Any]):
    """Whose key was sent, and which."""

    partner = serializers.CharField()
    apiKey = serializers.CharField(help_text="The part of the key by which people tell keys apart.")


class CompanyOutput(serializers.Serializer[Any]):
    """A company whose utility accounts are connected."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    locale = serializers.CharField()
    replyTo = serializers.EmailField(allow_null=True)
    externalId = serializers.CharField(allow_null=True)
    repairsAutomatically = serializers.BooleanField()
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class SiteOutput(serializers.Serializer[Any]):
    """A place of a company's."""

    id = serializers.UUIDField()
    companyId = serializers.UUIDField()
    name = serializers.CharField()
    address = serializers.CharField()
    externalId = serializers.CharField(allow_null=True)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class CompanyPage(PageOutput):
    """Companies, newest first."""

    companies = CompanyOutput(many=True)


class SitePage(PageOutput):
    """Sites, newest first."""

    sites = SiteOutput(many=True)


def represent_company(company: Company) -> dict[str, Any]:
    """A company as the wire has it."""
    return {
        "id": company.pk,
        "name": company.name,
        "locale": company.locale,
        "replyTo": company.reply_to,
        "externalId": company.external_id,
        "repairsAutomatically": company.repairs_automatically,
        "createdAt": company.created_at,
        "updatedAt": company.updated_at,
    }


def represent_site(site: Site) -> dict[str, Any]:
    """A site as the wire has it."""
    return {
        "id": site.pk,
        "companyId": site.company_id,
        "name": site.name,
        "address": site.address,
        "externalId": site.external_id,
        "createdAt": site.created_at,
        "updatedAt": site.updated_at,
    }
