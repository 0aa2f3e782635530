"""The branding of a company."""

import base64
import binascii
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.fields import AddressField
from companies.api.viewsets import READ_AND_WRITE
from companies.logos import MAX_UPLOAD_BYTES
from companies.models import BrandLogo, Company
from companies.services.branding import (
    MAX_NAME_LENGTH,
    MAX_PHONE_LENGTH,
    MAX_URL_LENGTH,
    check_branding,
    own_branding,
    update_branding,
)
from config.api.conditional import conditional
from config.api.fields import SingleLineField, StrictBooleanField, StrictCharField, StrictSerializer
from config.api.representation import Representation

# the logo in Base64, and the other fields
MAX_BODY_BYTES = MAX_UPLOAD_BYTES * 4 // 3 + 64 * 1024
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@extend_schema_field({"type": "string", "format": "byte"})
class PictureField(StrictCharField):
    """The bytes of a file in Base64 (RFC 4648, 4)."""

    default_error_messages = {"base64": "Send the bytes of the file in Base64, without “data:” before them."}

    def to_internal_value(self, data: Any) -> Any:
        try:
            return base64.b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError):
            self.fail("base64")


class UpdateBranding(StrictSerializer):
    """Fields to change. Omitted fields keep their value, and null empties them."""

    example = {
        "displayName": "Riverside Bakeries",
        "logo": PIXEL,
        "accentColor": "#17594a",
        "supportEmail": "energy@riverside.example",
        "supportPhone": "+44 20 7946 0000",
        "privacyUrl": "https://riverside.example/privacy",
        "showsOperator": True,
    }
    displayName = SingleLineField(
        source="display_name",
        max_length=MAX_NAME_LENGTH,
        allow_null=True,
        required=False,
        help_text="Name at the top of pages and mails. It never replaces the names of partner and company where a page "
        "says who asks, and it must not read like that of the operator.",
    )
    logo = PictureField(
        allow_null=True,
        required=False,
        help_text="PNG, JPEG or WebP of at most 1 MiB and 4 million pixels, in Base64. It is written anew, at most "
        "480 x 160 pixels large.",
    )
    accentColor = StrictCharField(
        source="accent_color",
        allow_null=True,
        required=False,
        help_text="Colour of buttons and links, such as `#17594a`. Texts get a shade of it that is readable.",
    )
    supportEmail = AddressField(
        source="support_email", allow_null=True, required=False, help_text="Who helps contributors. Public."
    )
    supportPhone = SingleLineField(
        source="support_phone", max_length=MAX_PHONE_LENGTH, allow_null=True, required=False, help_text="Public."
    )
    privacyUrl = StrictCharField(
        source="privacy_url",
        max_length=MAX_URL_LENGTH,
        allow_null=True,
        required=False,
        help_text="Your privacy notice, `https` only.",
    )
    showsOperator = StrictBooleanField(
        source="shows_operator",
        allow_null=True,
        required=False,
        help_text="The line “Powered by” on pages with a name or a logo. Null: as the partner has it, else shown.",
    )


class BrandFields(serializers.Serializer[Any]):
    displayName = serializers.CharField(source="name", allow_null=True)
    logoUrl = serializers.URLField(source="logo", allow_null=True)
    accentColor = serializers.CharField(source="accent_color", allow_null=True)
    supportEmail = serializers.EmailField(source="support_email", allow_null=True)
    supportPhone = serializers.CharField(source="support_phone", allow_null=True)
    privacyUrl = serializers.URLField(source="privacy_url", allow_null=True)


class EffectiveBrandingSerializer(BrandFields):
    """The branding in effect: the company's own, and the partner's for each empty field."""

    showsOperator = serializers.BooleanField(source="shows_operator")


EXAMPLE: dict[str, Any] = {name: value for name, value in UpdateBranding.example.items() if name != "logo"} | {
    "logoUrl": f"https://latchkey.example/p/logo/{'0' * 64}"
}


class BrandingSerializer(BrandFields):
    """The branding of a company. A null field takes the value of the partner's branding."""

    example = EXAMPLE | {"effective": EXAMPLE}
    displayName = serializers.CharField(source="display_name", allow_null=True)
    showsOperator = serializers.BooleanField(source="shows_operator", allow_null=True)
    effective = EffectiveBrandingSerializer()


represent_own = Representation(BrandingSerializer, computed=("logoUrl", "effective"))
represent_effective = Representation(EffectiveBrandingSerializer, computed=("logoUrl",))


def represent_branding(company: Company) -> dict[str, Any]:
    own, brand = own_branding(company), company.brand
    effective = represent_effective(brand, logoUrl=_logo_url(brand.logo))
    return represent_own(own, logoUrl=_logo_url(own.own_logo), effective=effective)


def _logo_url(logo: BrandLogo | None) -> str | None:
    return settings.PUBLIC_URL + reverse("logo", args=[logo.id]) if logo else None


class BrandingViewSet(PartnerViewSet):
    required_scopes = READ_AND_WRITE

    @extend_schema(
        operation_id="getBranding", summary="Get the branding of a company", responses={200: BrandingSerializer}
    )
    @conditional
    def retrieve(self, request: Request, company_id: UUID) -> dict[str, Any]:
        """Returns what the company has set, and in `effective` what its pages and mails show.

        Staff set the partner's branding. The URL of a logo is public and never changes its content.
        """
        return represent_branding(self.company)

    @extend_schema(
        operation_id="updateBranding",
        summary="Update the branding of a company",
        request=UpdateBranding,
        responses={200: BrandingSerializer},
    )
    def partial_update(self, request: Request, company_id: UUID) -> Response:
        """Changes the fields that are sent. Null empties a field, which then takes the partner's value.

        Invitations that exist show it at once. The logo is part of the JSON, so that one request changes everything
        or nothing. The body may have 1.4 MiB.
        """
        company = self.company
        changes = self.validated(UpdateBranding, lambda valid: check_branding(company, valid))  # type: ignore[arg-type]
        update_branding(company, by=self.actor, **changes)
        return Response(represent_branding(company))
