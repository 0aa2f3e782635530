"""Connections: companies' accounts at providers, and their events."""

from typing import ClassVar, Self
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from uuid_utils.compat import uuid7

from companies.models import AbstractEvent, ActorKind, ApiKey, Company, Site, seen_by
from config.db.metadata import is_object, metadata_within_limits
from config.db.name_search import Folded, Joined, Known, Words, search_index
from connections.models.datasource import (
    COUNTRY,
    WEB_PAGE,
    Datasource,
    ExtraCredential,
    known_utility_types,
    utility_type_names,
    utility_types_field,
)
from connections.models.status import MAY_RECOVER, REPAIRABLE, Status
from connections.models.status_texts import STATUS_TEXTS, StatusText

# where staff search: addresses of contributors, reference, and login page outside of the catalogue
SEARCHED = Words(Folded(Joined(*map(Known, ("owner_email", "verified_email", "external_id", "url")))))


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def visible_to(self, key: ApiKey) -> Self:
        return self.existing().even_deleted_visible_to(key)

    def even_deleted_visible_to(self, key: ApiKey) -> Self:
        """Include deleted connections, of which only the events remain visible."""
        return self.filter(seen_by(key.pk))

    def existing(self) -> Self:
        return self.filter(deleted_at=None)

    def with_wire_facts(self) -> Self:
        return self.select_related("datasource").prefetch_related("sites")


class Connection(models.Model):
    """A company's account at a provider from the catalogue, or at a login page outside of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="connections", db_index=False)
    datasource = models.ForeignKey(
        Datasource, null=True, blank=True, on_delete=models.PROTECT, verbose_name="provider", related_name="+"
    )
    url = models.URLField("login page", max_length=500, null=True, blank=True)
    country = models.CharField(max_length=2, null=True, blank=True, validators=[COUNTRY])
    utility_types = utility_types_field()
    sites = models.ManyToManyField(Site, blank=True, related_name="+")
    owner_email = models.EmailField("account owner", null=True, blank=True)
    collection_start_date = models.DateField("collect data from", null=True, blank=True)
    # not a foreign key: invitations stand above connections
    origin_invitation_id = models.UUIDField("invitation", null=True, editable=False)
    verified_email = models.EmailField(
        "verified address", null=True, editable=False, help_text="Of the contributor who gave the login."
    )
    status = models.CharField(max_length=40, choices=Status, default=Status.PENDING, editable=False)
    status_error_detail = models.CharField("detail", max_length=2000, null=True, editable=False)
    contributor_message = models.CharField("message to the contributor", max_length=500, null=True, editable=False)
    # status, reason and message from before COMPANY_INACTIVE, as `{"status", "detail", "message"}`
    suspended = models.JSONField(null=True, editable=False)
    status_changed_at = models.DateTimeField("status since", default=timezone.now, editable=False)
    external_id = models.CharField(max_length=255, null=True, blank=True)
    metadata = models.JSONField(default=dict, db_default={}, blank=True)
    deleted_at = models.DateTimeField("deleted", null=True, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("changed", auto_now=True)

    objects: ClassVar[ConnectionQuerySet] = ConnectionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        permissions = (("close_connection", "Can disable and delete connections"),)
        indexes = [
            models.Index("company", F("id").desc(), name="connection_newest_first"),
            models.Index("company", "status", F("id").desc(), name="connection_by_status"),
            # staff list and count without a company
            models.Index("status", F("id").desc(), name="connection_any_by_status"),
            models.Index(
                "company",
                OpClass("owner_email", "text_pattern_ops"),
                F("id").desc(),
                condition=Q(owner_email__isnull=False),
                name="connection_by_owner",
            ),
            models.Index(
                "company", OpClass("url", "text_pattern_ops"), condition=Q(url__isnull=False), name="connection_by_page"
            ),
            models.Index(
                "external_id",
                "company",
                F("id").desc(),
                condition=Q(external_id__isnull=False),
                name="connection_by_external_id",
            ),
            models.Index(
                "origin_invitation_id", condition=Q(origin_invitation_id__isnull=False), name="connection_by_origin"
            ),
            search_index("connection_text", SEARCHED),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(datasource=None, url__isnull=False) | Q(datasource__isnull=False, url=None),
                name="connection_has_one_provider",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="connection_status"),
            models.CheckConstraint(
                condition=Q(country=None) | Q(country__regex=r"^[A-Z]{2}$"), name="connection_country"
            ),
            models.CheckConstraint(condition=known_utility_types(), name="connection_utility_types"),
            models.CheckConstraint(condition=Q(url=None) | Q(url__regex=WEB_PAGE), name="connection_url"),
            models.CheckConstraint(condition=is_object("metadata"), name="connection_metadata_is_an_object"),
            models.CheckConstraint(condition=metadata_within_limits("metadata"), name="connection_metadata_fits"),
        ]

    def __str__(self) -> str:
        return self.provider_name

    @property
    def provider_name(self) -> str:
        return self.datasource.name if self.datasource else self.provider_host

    @property
    def login_url(self) -> str:
        return self.datasource.login_url if self.datasource else (self.url or "")

    @property
    def provider_host(self) -> str:
        return urlsplit(self.login_url).hostname or ""

    @property
    def status_text(self) -> StatusText:
        """The status in words for the person who gave the login."""
        return STATUS_TEXTS[Status(self.status)]

    @property
    def is_being_checked(self) -> bool:
        return self.status == Status.PENDING

    @property
    def is_connected(self) -> bool:
        return self.status == Status.CONNECTED

    @property
    def may_recover(self) -> bool:
        return self.status in MAY_RECOVER

    @property
    def is_disabled(self) -> bool:
        return self.status == Status.DISABLED

    @property
    def is_repairable(self) -> bool:
        return self.status in REPAIRABLE

    @property
    def has_moved(self) -> bool:
        """True if the login page is on another host than the one for which the credentials were given."""
        credential = self.credential
        return not credential.is_deleted and not credential.is_for(self)

    @property
    def needs_credentials(self) -> bool:
        """True if only new credentials let it work."""
        return self.deleted_at is None and (self.is_repairable or self.is_disabled or self.has_moved)

    @property
    def stale_extras(self) -> tuple[str, ...]:
        """Extras that the last check rejected: they must be given again."""
        return (ExtraCredential.AUTHENTICATOR_SEED.value,) if self.status == Status.MFA_TOKEN_EXPIRED else ()

    @property
    def needs_some_extra(self) -> bool:
        """True if the provider asks for another, unknown extra."""
        return self.status == Status.ADDITIONAL_CREDENTIALS_NEEDED

    @cached_property
    def site_ids(self) -> list[UUID]:
        """Ids of `sites`, read once for each instance. Set it when you change them."""
        return [site.pk for site in self.sites.all()]

    @property
    def sites_list(self) -> list[str]:
        return [site.name for site in self.sites.all()]

    @property
    def utility_type_names(self) -> list[str]:
        return utility_type_names(self.utility_types)


class ConnectionEventType(models.TextChoices):
    CREATED = "CREATED", "Created"
    STATUS_CHANGED = "STATUS_CHANGED", "Status changed"
    CREDENTIALS_CHANGED = "CREDENTIALS_CHANGED", "New login details"
    CREDENTIALS_READ = "CREDENTIALS_READ", "Login details read"
    CREDENTIALS_DELETED = "CREDENTIALS_DELETED", "Login details deleted"
    UPDATED = "UPDATED", "Changed"
    WITHDRAWN = "WITHDRAWN", "Consent withdrawn"
    DELETED = "DELETED", "Deleted"
    REPAIR_INVITED = "REPAIR_INVITED", "Invited to repair"


# events with a status
STATUS_EVENTS = (ConnectionEventType.CREATED, ConnectionEventType.STATUS_CHANGED)


class ConnectionEvent(AbstractEvent):
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=30, choices=ConnectionEventType)

    class Meta:
        verbose_name = "event"
        indexes = [
            models.Index("connection", "id", name="connection_event_log"),
            # collectors add a hundred read events between two of these
            models.Index("connection", "id", condition=Q(type__in=[*STATUS_EVENTS]), name="connection_event_status"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=ConnectionEventType.values), name="connection_event_type"),
            models.CheckConstraint(condition=Q(actor__in=ActorKind.values), name="connection_event_actor"),
        ]

    def __str__(self) -> str:
        return "Status confirmed" if self.repeats_status else str(ConnectionEventType(self.type).label)

    @property
    def repeats_status(self) -> bool:
        return self.type == ConnectionEventType.STATUS_CHANGED and self.detail["from"] == self.detail["to"]
