"""Branding: the name, logo, accent colour and support that the pages and mails of a company show."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import LessThanOrEqual
from uuid_utils.compat import uuid7

from companies.accents import accent_digest
from companies.logos import BACKDROPS, MAX_BYTES, MAX_HEIGHT, MAX_WIDTH

ACCENT = r"^#[0-9a-f]{6}$"
SHA256 = r"^[0-9a-f]{64}$"


class OctetLength(Func):
    function = "octet_length"
    output_field = models.IntegerField()


class Logo(models.Model):
    """A logo as Latchkey wrote it. Its id is the SHA-256 of its content, so that it never changes."""

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    content = models.BinaryField(editable=False)
    media_type = models.CharField(max_length=20, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(id__regex=SHA256), name="logo_id_is_a_hash"),
            models.CheckConstraint(condition=Q(media_type__in=["image/png", "image/jpeg"]), name="logo_media_type"),
            models.CheckConstraint(
                condition=Q(LessThanOrEqual(OctetLength(F("content")), Value(MAX_BYTES))), name="logo_bytes"
            ),
        ]

    def __str__(self) -> str:
        return f"logo {self.pk[:8]}"


class Branding(models.Model):
    """Branding of a company, or of a partner for all its companies. An empty field says nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.OneToOneField(
        "companies.Company", null=True, editable=False, on_delete=models.CASCADE, related_name="own_branding"
    )
    partner = models.OneToOneField(
        "companies.Partner", null=True, editable=False, on_delete=models.CASCADE, related_name="own_branding"
    )
    display_name = models.CharField(max_length=100, null=True, blank=True)
    logo = models.ForeignKey(Logo, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    # beside the key of the logo, so that no page reads its row
    logo_width = models.PositiveSmallIntegerField(null=True, editable=False)
    logo_height = models.PositiveSmallIntegerField(null=True, editable=False)
    logo_backdrop = models.CharField(max_length=5, null=True, editable=False)
    accent_color = models.CharField("accent colour", max_length=7, null=True, blank=True)
    support_email = models.EmailField("support address", null=True, blank=True)
    support_phone = models.CharField(max_length=40, null=True, blank=True)
    privacy_url = models.URLField("privacy link", max_length=500, null=True, blank=True)
    shows_operator = models.BooleanField("“powered by” line", null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(company=None, partner__isnull=False) | Q(company__isnull=False, partner=None),
                name="branding_has_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(logo=None, logo_width=None, logo_height=None)
                | Q(
                    logo__isnull=False,
                    logo_width__range=(1, MAX_WIDTH),
                    logo_height__range=(1, MAX_HEIGHT),
                ),
                name="branding_logo_size",
            ),
            models.CheckConstraint(
                condition=Q(logo_backdrop=None) | Q(logo__isnull=False, logo_backdrop__in=BACKDROPS),
                name="branding_logo_backdrop",
            ),
            models.CheckConstraint(
                condition=Q(accent_color=None) | Q(accent_color__regex=ACCENT), name="branding_accent_color"
            ),
            models.CheckConstraint(
                condition=Q(privacy_url=None) | Q(privacy_url__startswith="https://"), name="branding_privacy_url"
            ),
        ]

    def __str__(self) -> str:
        return f"branding {self.pk}"

    @property
    def own_logo(self) -> "BrandLogo | None":
        known: Any = self  # the constraint `branding_logo_size` says that it has a size
        return (
            BrandLogo(known.logo_id, known.logo_width, known.logo_height, known.logo_backdrop) if self.logo_id else None
        )


@dataclass(frozen=True)
class BrandLogo:
    """A logo on a page. Width and height in pixels. `backdrop`: see `companies.logos.backdrop_of`."""

    id: str
    width: int
    height: int
    backdrop: str | None = None

    def within(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height at which it fits, at most its own."""
        scale = min(1, width / self.width, height / self.height)
        return max(round(self.width * scale), 1), max(round(self.height * scale), 1)


@dataclass(frozen=True)
class Brand:
    """The branding that holds for a company: its own, and its partner's where that says nothing."""

    name: str | None = None
    logo: BrandLogo | None = None
    accent_color: str | None = None
    support_email: str | None = None
    support_phone: str | None = None
    privacy_url: str | None = None
    shows_operator: bool = True

    @property
    def accent_hex(self) -> str:
        return (self.accent_color or "").removeprefix("#")

    @property
    def accent_digest(self) -> str:
        """Hash of the styles of the accent colour, for their URL."""
        return accent_digest(self.accent_color or "")

    @property
    def has_header(self) -> bool:
        return self.name is not None or self.logo is not None

    @property
    def has_support(self) -> bool:
        return self.support_email is not None or self.support_phone is not None

    @property
    def has_footer(self) -> bool:
        return self.has_support or self.privacy_url is not None or self.names_operator

    @property
    def names_operator(self) -> bool:
        """True if “powered by” is shown. Without a header of its own, the page begins with the operator's."""
        return self.shows_operator and self.has_header

    @property
    def phone_digits(self) -> str:
        """The support phone for a `tel:` link (RFC 3966)."""
        return re.sub(r"[^0-9+]", "", self.support_phone or "")


UNBRANDED = Brand()


def brand_of(own: Branding | None, partners: Branding | None) -> Brand:
    """Return what holds for a company with its own and its partner's branding."""
    rows = [row for row in (own, partners) if row is not None]
    if not rows:
        return UNBRANDED
    shows_operator = _first(rows, "shows_operator")
    return Brand(
        name=_first(rows, "display_name"),
        logo=_first(rows, "own_logo"),
        **{name: _first(rows, name) for name in ("accent_color", "support_email", "support_phone", "privacy_url")},
        shows_operator=True if shows_operator is None else shows_operator,
    )


def _first(rows: list[Branding], name: str) -> Any:
    return next((value for row in rows if (value := getattr(row, name)) is not None), None)
