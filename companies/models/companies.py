from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from uuid_utils.compat import uuid7

from companies.models.branding import Brand, brand_of
from companies.models.partners import ApiKey, Partner, World, seen_by
from config.db.index_hints import newest_first_for
from config.db.name_search import Folded, Known, Words, begins_each, name_contains, name_index, search_index
from config.validators import LANGUAGE_TAG


def with_brand(company: str) -> tuple[str, str]:
    """Return what `select_related` takes, so that `brand` of the company at this lookup makes no query."""
    return f"{company}__own_branding", f"{company}__partner__own_branding"


REFERENCE = Words(Folded(Known("external_id")))


def company_matches(term: str) -> Q:
    """Condition that the name contains each word of `term`, or that the reference begins with it."""
    return name_contains(term) | begins_each(term, REFERENCE)


class CompanyQuerySet(models.QuerySet["Company"]):
    def visible_to(self, key: ApiKey) -> Self:
        """The companies that `seen_by` means, newest first, by values that an index can find."""
        seen = self.filter(is_live=key.is_live).within(frozenset(key.company_ids) or None)
        return newest_first_for(seen, "partner", key.partner_id)

    def of_tests(self) -> Self:
        """Companies of test mode. Few, or many small ones."""
        return self.filter(is_live=False)

    def within(self, company_limit: frozenset[UUID] | None) -> Self:
        """Companies with these ids, such as a `User.company_limit`. None: all."""
        return self if company_limit is None else self.filter(pk__in=company_limit)


class Company(models.Model):
    """A company whose utility accounts are connected."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="companies", db_index=False)
    # companies of test keys: they never appear beside live ones, and their mails stay here
    is_live = models.BooleanField("live", default=True, db_default=True)
    name = models.CharField(max_length=200)
    locale = models.CharField(
        "language", max_length=35, default="en", help_text="Language of pages and mails, such as en or de-AT."
    )
    reply_to = models.EmailField(
        "reply-to address", null=True, blank=True, help_text="Replies to invitation mails go to this address."
    )
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        db_default="UTC",
        help_text="Reminders leave in the morning of this time zone, such as Europe/Berlin.",
    )
    external_id = models.CharField(max_length=255, null=True, blank=True)
    repairs_automatically = models.BooleanField(
        "repair automatically",
        default=False,
        help_text="When a connection stops working, mail the contributor who can repair it.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        db_default=True,
        help_text="While a company is not active, nothing is collected for it and its invitations cannot be used.",
    )
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[CompanyQuerySet] = CompanyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "companies"
        indexes = [
            models.Index("partner", "is_live", F("id").desc(), name="company_newest_of_its_mode"),
            models.Index("id", condition=Q(is_live=False), name="company_of_tests"),
            models.Index("external_id", condition=Q(external_id__isnull=False), name="company_external_id"),
            name_index("company_name_search"),
            search_index("company_reference_search", REFERENCE),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="company_has_a_name"),
            models.CheckConstraint(condition=Q(locale__regex=LANGUAGE_TAG), name="company_locale"),
        ]

    def __str__(self) -> str:
        """The name for staff. A test company is told apart wherever it is shown."""
        return self.name if self.is_live else gettext("%(company)s (test)") % {"company": self.name}

    @property
    def world(self) -> World:
        return World(self.partner_id, self.is_live)

    @property
    def brand(self) -> Brand:
        """The branding of its pages and mails. See `with_brand`."""
        return brand_of(getattr(self, "own_branding", None), getattr(self.partner, "own_branding", None))


class SiteQuerySet(models.QuerySet["Site"]):
    def visible_to(self, key: ApiKey) -> Self:
        return self.filter(seen_by(key.pk))

    def current(self) -> Self:
        """Sites that can be chosen: all but the archived ones."""
        return self.filter(archived_at=None)

    def archived(self) -> Self:
        return self.exclude(archived_at=None)


class Site(models.Model):
    """Place of a company, such as a plant or a shop."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="sites", db_index=False)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=500, blank=True)
    external_id = models.CharField(max_length=255, null=True, blank=True)
    archived_at = models.DateTimeField("archived", null=True, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[SiteQuerySet] = SiteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index("company", F("id").desc(), name="site_newest_first"),
            models.Index("company", F("id").desc(), condition=Q(archived_at=None), name="site_current_newest_first"),
            models.Index("external_id", condition=Q(external_id__isnull=False), name="site_external_id"),
            name_index("site_name_search"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="site_has_a_name")]

    def __str__(self) -> str:
        return self.name
