"""The log of a company and its sites."""

from django.db import models
from django.db.models import Q

from companies.models.companies import Company, Site
from companies.models.events import AbstractEvent, ActorKind


class CompanyEventType(models.TextChoices):
    CREATED = "CREATED", "Created"
    UPDATED = "UPDATED", "Changed"
    ARCHIVED = "ARCHIVED", "Archived"
    RESTORED = "RESTORED", "Restored"


class CompanyEvent(AbstractEvent):
    """Change of a company, or of its site if `site` is set. `detail` has the names of changed fields, no values."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="events", db_index=False)
    site = models.ForeignKey(Site, null=True, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=30, choices=CompanyEventType)

    class Meta:
        verbose_name = "event"
        default_permissions = ()
        indexes = [
            models.Index("company", "id", name="company_event_log"),
            models.Index("site", "id", condition=Q(site__isnull=False), name="company_event_of_site"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=CompanyEventType.values), name="company_event_type"),
            models.CheckConstraint(condition=Q(actor__in=ActorKind.values), name="company_event_actor"),
        ]

    def __str__(self) -> str:
        return str(CompanyEventType(self.type).label)
