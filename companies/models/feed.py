"""Events for partners in the order of their feed."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models.companies import Company
from companies.models.partners import Partner


class PartnerEventType(models.TextChoices):
    INVITATION_CREATED = "invitation.created", "Invitation created"
    INVITATION_SENT = "invitation.sent", "Invitation mailed"
    INVITATION_DELIVERY_FAILED = "invitation.delivery_failed", "Mail could not be delivered"
    INVITATION_VIEWED = "invitation.viewed", "Invitation opened"
    INVITATION_VERIFIED = "invitation.verified", "Address verified"
    INVITATION_USED = "invitation.used", "Invitation used"
    INVITATION_FULFILLED = "invitation.fulfilled", "Invitation used up"
    INVITATION_EXPIRED = "invitation.expired", "Invitation expired"
    INVITATION_REVOKED = "invitation.revoked", "Invitation revoked"
    INVITATION_UPDATED = "invitation.updated", "Invitation changed"
    INVITATION_ROTATED = "invitation.rotated", "Link replaced"
    INVITATION_FORWARDED = "invitation.forwarded", "Invitation forwarded"
    INVITATION_DECLINED = "invitation.declined", "Invitation declined"
    INVITATION_LINK_REQUESTED = "invitation.link_requested", "New link asked for"
    INVITATION_REMINDED = "invitation.reminded", "Reminder mailed"
    CONNECTION_CREATED = "connection.created", "Connection created"
    CONNECTION_UPDATED = "connection.updated", "Connection changed"
    CONNECTION_STATUS_CHANGED = "connection.status_changed", "Connection’s status changed"
    CONNECTION_CREDENTIALS_CHANGED = "connection.credentials_changed", "New login details"
    CONNECTION_WITHDRAWN = "connection.withdrawn", "Consent withdrawn"
    CONNECTION_DELETED = "connection.deleted", "Connection deleted"
    WEBHOOK_TEST = "webhook.test", "Test event"


class EventStream(models.Model):
    """The last sequence number of a partner's feed. Its row lock puts the numbers in the order of the commits."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    is_live = models.BooleanField()
    last_sequence = models.BigIntegerField(default=0, db_default=0)
    last_event_id = models.UUIDField(null=True)
    # the newest deleted event: a reader that has read it has missed none
    deleted_sequence = models.BigIntegerField(default=0, db_default=0)
    deleted_event_id = models.UUIDField(null=True)
    # events up to it have their deliveries
    dispatched_sequence = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "is_live"], name="one_stream_per_partner_and_mode")]

    def __str__(self) -> str:
        return f"stream of {self.partner_id}"


class PartnerEvent(models.Model):
    """Event in the feed of a partner, written in the transaction of its cause.

    `data` is the resource as the API showed it then, without links. `context` has more members of the message.
    `sequence` is its place in the feed, None until its transaction has ended. The table has a partition for each month
    of ids. Each has a unique index of partner, mode and sequence, as a net below the row lock of `EventStream`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # without foreign keys: each check would lock the partner's and the company's row in every transaction
    partner = models.ForeignKey(
        Partner, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    company = models.ForeignKey(
        Company, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    is_live = models.BooleanField()
    type = models.CharField(max_length=40, choices=PartnerEventType)
    resource_id = models.UUIDField(null=True)
    data: Any = models.JSONField()
    previous: Any = models.JSONField(null=True)
    context: Any = models.JSONField(default=dict, db_default={})
    sequence = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "event"
        default_permissions = ()
        indexes = [
            models.Index("partner", "is_live", "id", condition=Q(sequence=None), name="partner_event_unnumbered"),
            # the feed reads each type by itself, so a page with a rare one costs as much as any
            models.Index(
                "partner", "is_live", "type", "sequence", condition=Q(sequence__isnull=False), name="partner_event_feed"
            ),
            models.Index(
                "company", "type", "sequence", condition=Q(sequence__isnull=False), name="partner_event_company_feed"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=PartnerEventType.values), name="partner_event_type"),
        ]

    def __str__(self) -> str:
        return self.type
