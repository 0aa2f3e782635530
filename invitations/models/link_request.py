"""Requests for a new link, by visitors whose link does not let them in."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from invitations.models.delivery import Delivery
from invitations.models.invitation import Invitation

OPEN_REQUEST = Q(decided_at=None)


class Decision(models.TextChoices):
    APPROVED = "APPROVED", "Approved"
    REFUSED = "REFUSED", "Refused"


class LinkRequestQuerySet(models.QuerySet["LinkRequest"]):
    def undecided(self) -> Self:
        return self.filter(OPEN_REQUEST)


class LinkRequest(models.Model):
    """A request for a new link. `delivery`: the mail whose personal link was used, None for the invitation's own link.

    `decided_by` is the member of staff, or null if a partner's system decided.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="link_requests", db_index=False)
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=10, choices=Decision, null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects: ClassVar[LinkRequestQuerySet] = LinkRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        default_permissions = ()
        indexes = [models.Index("invitation", F("id").desc(), name="link_request_newest_first")]
        constraints: ClassVar[list[Any]] = [
            # also serves the list of invitations with an undecided request
            models.UniqueConstraint(
                fields=["invitation", "delivery"],
                condition=OPEN_REQUEST,
                nulls_distinct=False,
                name="one_undecided_link_request",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decision=None)
                | Q(decided_at__isnull=False, decision__isnull=False, decision__in=Decision.values),
                name="link_request_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"request for a new link to {self.invitation_id}"
