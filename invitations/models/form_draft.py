"""Values of a form that was not submitted yet, so that nothing typed is lost."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from invitations.models.invitation import Invitation

DRAFT_AGE = timedelta(days=14)


class FormDraft(models.Model):
    """Typed values without the login, encrypted. They belong to a proven address, or else to one browser.

    The browser has its secret in a cookie. A draft whose `form_id` a use has is over.
    """

    form_id = models.UUIDField(primary_key=True, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    email = models.CharField(max_length=254, null=True)
    browser_hash = models.BinaryField(max_length=32, null=True)
    encrypted = models.BinaryField()
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index("invitation", "email", "browser_hash", name="form_draft_owner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=None, browser_hash__isnull=False) | Q(email__isnull=False, browser_hash=None),
                name="form_draft_has_one_owner",
            )
        ]

    def __str__(self) -> str:
        return f"draft of {self.invitation_id}"

    @property
    def associated_data(self) -> str:
        return f"draft:{self.pk}"
