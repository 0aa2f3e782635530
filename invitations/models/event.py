"""Events and uses of invitations."""

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models import AbstractEvent, ActorKind
from config.db.name_search import search_index
from connections.models import Connection
from invitations.models.invitation import Invitation
from invitations.models.search import CORRECTED


class EventType(models.TextChoices):
    CREATED = "CREATED", "Created"
    SENT = "SENT", "Mail sent"
    DELIVERY_FAILED = "DELIVERY_FAILED", "Mail could not be delivered"
    VIEWED = "VIEWED", "Opened"
    FETCHED = "FETCHED", "Opened by a program"
    CODE_SENT = "CODE_SENT", "Code sent"
    EMAIL_VERIFIED = "EMAIL_VERIFIED", "Address verified"
    VERIFICATION_FAILED = "VERIFICATION_FAILED", "Wrong code"
    USED = "USED", "Account connected"
    UPDATED = "UPDATED", "Changed"
    RESENT = "RESENT", "Mailed again"
    ROTATED = "ROTATED", "Link replaced"
    REVOKED = "REVOKED", "Revoked"
    FULFILLED = "FULFILLED", "Used up"


class InvitationEvent(AbstractEvent):
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=30, choices=EventType)

    class Meta:
        verbose_name = "event"
        indexes = [
            models.Index("invitation", "id", name="invitation_event_log"),
            models.Index("invitation", condition=Q(type=EventType.EMAIL_VERIFIED), name="invitation_event_verified"),
            # staff search for an address that was corrected
            models.Index(
                KT("detail__old"),
                condition=Q(type=EventType.UPDATED, detail__has_key="old"),
                name="invitation_event_corrected",
            ),
            search_index(
                "invitation_event_old_address",
                CORRECTED,
                condition=Q(type=EventType.UPDATED, detail__has_key="old"),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=EventType.values), name="invitation_event_type"),
            models.CheckConstraint(condition=Q(actor__in=ActorKind.values), name="invitation_event_actor"),
        ]

    def __str__(self) -> str:
        return str(EventType(self.type).label)


class Use(models.Model):
    """A form saved through the invitation, once for each `form_id`.

    `connection` was created by it, or is None if it repaired the invitation's connection. `email` had been verified by
    the browser.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="uses", db_index=False)
    connection = models.OneToOneField(Connection, null=True, on_delete=models.CASCADE, related_name="use")
    form_id = models.UUIDField()
    email = models.CharField(max_length=254, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation", "form_id"], name="one_use_per_form"),
        ]
        indexes = [models.Index("invitation", F("id").desc(), name="use_newest_first")]

    def __str__(self) -> str:
        return f"use of {self.invitation_id}"

    @property
    def target(self) -> Connection:
        """The connection that it created or repaired."""
        connection = self.connection or self.invitation.connection
        assert connection is not None  # noqa: S101 - guaranteed by a check constraint
        return connection

    @property
    def may_be_corrected(self) -> bool:
        """True if its browser may replace the login: it was refused, or waits for its check."""
        may_correct = not self.invitation.revoked_at and self.invitation.admits(self.email)
        return may_correct and (self.target.is_repairable or self.target.is_being_checked)
