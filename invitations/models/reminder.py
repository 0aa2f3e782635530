"""Reminders of invitations, and the addresses that want none."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models import Partner
from invitations.models.tokens import decrypt_token


class ReminderKind(models.TextChoices):
    """Each address gets at most one of each kind for an invitation."""

    FIRST = "FIRST", "First reminder"
    LAST = "LAST", "Last reminder"


class ReminderSubscription(models.Model):
    """Whether an address takes reminders from a partner.

    Found by the token in the reminders, or by a keyed hash of the address, which a reader of a dump cannot guess.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    is_live = models.BooleanField(default=True)
    email_hash = models.BinaryField(max_length=32)
    token_hash = models.BinaryField(max_length=32, unique=True)
    encrypted_token = models.BinaryField()
    unsubscribed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "is_live", "email_hash"], name="one_reminder_subscription_per_address"
            ),
        ]

    def __str__(self) -> str:
        return f"reminders of {self.partner_id}"

    @property
    def token(self) -> str:
        return decrypt_token(bytes(self.encrypted_token), owner_id=self.pk)
