"""Companies and sites in requests and responses."""

from typing import Any

from rest_framework import serializers

from companies.api.fields import AddressField, TimeZoneField
from companies.models import Scope
from config.api.fields import (
    LocaleField,
    NullMeansOmitted,
    QueryBooleanField,
    ReferenceField,
    SingleLineField,
    StrictBooleanField,
    StrictSerializer,
)
from config.api.query import PageQuery
from config.api.representation import Representation


class CompanyFields(StrictSerializer):
    name = SingleLineField(max_length=200)
    locale = LocaleField(required=False, help_text="Language of pages and mails (BCP 47). Default `en`.")
    replyTo = AddressField(source="reply_to", allow_null=True, required=False, help_text="`Reply-To` of mails.")
    timeZone = TimeZoneField(
        source="time_zone",
        required=False,
        help_text="IANA time zone, such as `Europe/Berlin`. Reminders leave in its morning. Default `UTC`.",
    )
    externalId = ReferenceField(
        source="external_id", max_length=255, allow_null=True, required=False, help_text="Your own reference."
    )
    repairsAutomatically = StrictBooleanField(
        source="repairs_automatically",
        required=False,
        help_text="When a connection stops working, mail the person who can repair it. Default false.",
    )


class CreateCompany(NullMeansOmitted, CompanyFields):
    """A new company. Only `name` is required."""

    example = {
        "name": "Riverside Bakeries",
        "locale": "en",
        "replyTo": "energy@riverside.example",
        "timeZone": "Europe/London",
        "externalId": "crm-1042",
        "repairsAutomatically": False,
    }


class UpdateCompany(CompanyFields):
    """Fields to change. Omitted fields keep their value."""

    example = {"name": "Riverside Bakeries Ltd"}
    name = SingleLineField(max_length=200, required=False)
    isActive = StrictBooleanField(
        source="is_active",
        required=False,
        help_text="False: its connections become `COMPANY_INACTIVE`, and its invitations cannot be used. "
        "True: they are as before.",
    )


class CompanySerializer(serializers.Serializer[Any]):
    """A company whose utility accounts are connected."""

    example = CreateCompany.example | {"isActive": True}
    id = serializers.UUIDField()
    name = serializers.CharField()
    locale = serializers.CharField()
    replyTo = serializers.EmailField(source="reply_to", allow_null=True)
    timeZone = serializers.CharField(source="time_zone")
    externalId = serializers.CharField(source="external_id", allow_null=True)
    repairsAutomatically = serializers.BooleanField(source="repairs_automatically")
    isActive = serializers.BooleanField(source="is_active")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")


class SiteFields(StrictSerializer):
    name = SingleLineField(max_length=200)
    address = SingleLineField(max_length=500, allow_blank=True, required=False, help_text="Postal address in one line.")
    externalId = ReferenceField(
        source="external_id", max_length=255, allow_null=True, required=False, help_text="Your own reference."
    )


class CreateSite(NullMeansOmitted, SiteFields):
    """A new site. Only `name` is required."""

    example = {"name": "Main bakery", "address": "1 Mill Lane, Bath"}


class UpdateSite(SiteFields):
    """Fields to change. Omitted fields keep their value."""

    example = {"address": "2 Mill Lane, Bath"}
    name = SingleLineField(max_length=200, required=False)


class SiteSerializer(serializers.Serializer[Any]):
    """A site of a company."""

    example = CreateSite.example
    id = serializers.UUIDField()
    companyId = serializers.UUIDField(source="company_id")
    name = serializers.CharField()
    address = serializers.CharField()
    externalId = serializers.CharField(source="external_id", allow_null=True)
    archivedAt = serializers.DateTimeField(source="archived_at", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")


class SiteQuery(PageQuery):
    archived = QueryBooleanField(
        required=False, help_text="`true`: only archived sites. Omitted or `false`: only the others."
    )


class PingSerializer(serializers.Serializer[Any]):
    """The partner and the API key of the request."""

    example = {
        "partner": "Northwind Energy",
        "apiKey": "lk_4f0c21aa",
        "isLive": True,
        "scopes": ["invitations:read", "invitations:write"],
    }
    partner = serializers.CharField(source="partner.name")
    apiKey = serializers.CharField(source="prefix", help_text="Visible part of the API key.")
    isLive = serializers.BooleanField(source="is_live", help_text="False for a key of the test mode.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices), help_text="What the key may do.")
    companyIds = serializers.ListField(
        source="company_ids",
        child=serializers.UUIDField(),
        help_text="The companies that the key sees. Empty: all of the partner.",
    )
    expiresAt = serializers.DateTimeField(source="expires_at", allow_null=True)


represent_ping = Representation(PingSerializer)
represent_company = Representation(CompanySerializer)
represent_site = Representation(SiteSerializer)
