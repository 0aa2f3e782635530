"""Mails of test mode, which are shown instead of sent."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models.companies import Company
from companies.models.partners import ApiKey, Partner
from config.db.index_hints import newest_first_for


class StoredMailQuerySet(models.QuerySet["StoredMail"]):
    def visible_to(self, key: ApiKey) -> Self:
        """The partner's mails, newest first. A limited key sees those of its companies. A live key sees none."""
        seen = self.none() if key.is_live else self
        if key.company_ids:
            seen = seen.filter(company__in=key.company_ids)
        return newest_first_for(seen, "partner", key.partner_id)


class StoredMail(models.Model):
    """A mail that was not sent. Its content is encrypted, because it may have a link or a code."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    company = models.ForeignKey(Company, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    # the invitation that it is about, if it is about one
    resource_id = models.UUIDField(null=True)
    email = models.CharField("to", max_length=254)
    encrypted = models.BinaryField(editable=False)
    created_at = models.DateTimeField("time", default=timezone.now, editable=False)

    objects: ClassVar[StoredMailQuerySet] = StoredMailQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "test mail"
        default_permissions = ("view",)
        indexes = [
            models.Index("partner", F("id").desc(), name="stored_mail_newest_first"),
            models.Index("partner", "email", F("id").desc(), name="stored_mail_by_address"),
            models.Index(
                "resource_id", F("id").desc(), condition=Q(resource_id__isnull=False), name="stored_mail_by_resource"
            ),
            models.Index("company", F("id").desc(), name="stored_mail_by_company"),
            models.Index("created_at", name="stored_mail_age"),
        ]

    def __str__(self) -> str:
        return f"mail to {self.email}"

    def __repr__(self) -> str:
        return f"<StoredMail {self.pk}>"

    @property
    def associated_data(self) -> str:
        return f"mail:{self.pk}"
