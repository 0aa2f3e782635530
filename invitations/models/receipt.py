"""Receipts: mails that say what was shared, with a link to withdraw the consent."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from config.mail.message_ids import message_id
from invitations.models.delivery import Fault
from invitations.models.event import Use
from invitations.models.tokens import decrypt_token


class Receipt(models.Model):
    """The receipt of a use. Its token opens the page to withdraw, and nothing else, as long as the use exists.

    The token is encrypted until the mail has left, and then only its hash is kept. `fault` says why no mail left.
    """

    use = models.OneToOneField(Use, primary_key=True, on_delete=models.CASCADE, related_name="receipt")
    token_hash = models.BinaryField(max_length=32, unique=True)
    encrypted_token = models.BinaryField(null=True)
    fault = models.CharField(max_length=20, choices=Fault, null=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(fault=None) | Q(fault__in=Fault.values), name="receipt_fault"),
        ]

    def __str__(self) -> str:
        return f"receipt of {self.use_id}"

    @property
    def token(self) -> str:
        return decrypt_token(bytes(self.encrypted_token or b""), owner_id=self.use_id)

    @property
    def message_id(self) -> str:
        return message_id(self.use_id)
