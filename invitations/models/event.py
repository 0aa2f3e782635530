"""Events and uses of invitations."""

from collections.abc import Iterable
from uuid import UUID

from django.db import models
from django.db.models import F, Prefetch, Q, prefetch_related_objects
from django.db.models.fields.json import KT
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models import AbstractEvent, ActorKind
from config.db.compiled_queries import compiled
from config.db.name_search import search_index
from connections.models import Connection
from invitations.models.invitation import Invitation
from invitations.models.search import CORRECTED

LATEST_USES = 100


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
    FORWARDED = "FORWARDED", "Forwarded"
    DECLINED = "DECLINED", "Declined"
    LINK_REQUESTED = "LINK_REQUESTED", "New link asked for"
    REMINDED = "REMINDED", "Reminder sent"
    WITHDRAWN = "WITHDRAWN", "Consent withdrawn"


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
    the browser. `consent_version` names the text that was agreed to, in `consent_language`; both are null in rows of
    earlier versions.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="uses", db_index=False)
    connection = models.OneToOneField(Connection, null=True, on_delete=models.CASCADE, related_name="use")
    form_id = models.UUIDField()
    email = models.CharField(max_length=254, null=True)
    consent_version = models.CharField(max_length=20, null=True)
    consent_language = models.CharField(max_length=35, null=True)
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation", "form_id"], name="one_use_per_form"),
        ]
        indexes = [models.Index("invitation", F("id").desc(), name="use_newest_first")]

    def __str__(self) -> str:
        return f"use of {self.invitation_id}"

    @staticmethod
    def prefetch_latest(invitations: Iterable[Invitation]) -> None:
        """Read the newest 100 uses that created a connection, as `latest_uses`. One query, or none without uses.

        Uses that were read before are not read again.
        """
        used: list[Invitation] = []
        for invitation in invitations:
            if not invitation.use_count:
                invitation.latest_uses = []
            elif not hasattr(invitation, "latest_uses"):
                used.append(invitation)
        if len(used) == 1:
            used[0].latest_uses = _latest_uses(invitation_id=used[0].pk)
        elif used:
            latest = Prefetch("uses", _creating().order_by("-pk")[:LATEST_USES], to_attr="latest_uses")
            prefetch_related_objects(used, latest)

    @property
    def consent(self) -> dict[str, str | None]:
        """Version and language of the consent, as the log has them."""
        return {"version": self.consent_version, "language": self.consent_language}

    @property
    def target(self) -> Connection:
        """The connection that it created or repaired."""
        connection = self.connection or self.invitation.connection
        assert connection is not None  # noqa: S101 - guaranteed by a check constraint
        return connection

    @property
    def receipt_email(self) -> str | None:
        """The verified address, else that of the account's owner if the form of a new connection has one."""
        return self.email or (self.connection.owner_email if self.connection else None)

    @property
    def may_be_corrected(self) -> bool:
        """True if its browser may replace the login: it was refused, or waits for its check.

        Not after a withdrawal: a login that was given since is another person's.
        """
        is_over = self.withdrawn_at or self.invitation.revoked_at
        may_correct = not is_over and self.invitation.admits(self.email)
        return may_correct and (self.target.is_repairable or self.target.is_being_checked)


def _creating() -> models.QuerySet[Use]:
    return Use.objects.filter(connection__isnull=False).select_related("connection__datasource")


@compiled
def _latest_uses(invitation_id: UUID) -> models.QuerySet[Use]:
    """Read what `prefetch_latest` reads, for the frequent case of one invitation."""
    return _creating().filter(invitation=invitation_id).order_by("-pk")[:LATEST_USES]
