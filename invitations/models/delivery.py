"""Mails to addresses, and the personal links in them."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from uuid_utils.compat import uuid7

from config.db.index_hints import InArray
from config.mail.message_ids import message_id
from invitations.models.erased import ERASED_DOMAIN
from invitations.models.invitation import Invitation
from invitations.models.reminder import ReminderKind
from invitations.models.tokens import decrypt_token
from invitations.models.verification import EmailProof


class DeliveryStatus(models.TextChoices):
    QUEUED = "QUEUED", "Waiting to be sent"
    SENT = "SENT", "Sent"
    FAILED = "FAILED", "Could not be sent"
    DELIVERED = "DELIVERED", "Delivered"
    BOUNCED = "BOUNCED", "Came back"
    COMPLAINED = "COMPLAINED", "Reported as spam"


class Fault(models.TextChoices):
    """The side at fault when a mail was not delivered.

    `SENDER`: our mail server, its settings or our account. `RECEIVER`: the mailbox or its server cannot take mails now.
    `ADDRESS`: it takes no mails, or does not exist. `LIMIT`: one of our own limits holds the mail back.
    """

    SENDER = "SENDER", "Our mail server"
    RECEIVER = "RECEIVER", "The recipient’s mail server"
    ADDRESS = "ADDRESS", "The address"
    LIMIT = "LIMIT", "A limit"


MAX_NOTE_LENGTH = 300
BOUNCED_OR_COMPLAINED = frozenset({DeliveryStatus.BOUNCED, DeliveryStatus.COMPLAINED})
MAILED = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)
# mails that our server took
LEFT = (*MAILED, *BOUNCED_OR_COMPLAINED)
UNDELIVERED = (DeliveryStatus.FAILED, DeliveryStatus.BOUNCED, DeliveryStatus.COMPLAINED)


# mails that wait for our own mail server
DELAYED_BY_US = Q(status=DeliveryStatus.QUEUED, fault=Fault.SENDER)


def is_mailable(allowed_emails: F | OuterRef) -> Q:
    """Condition that the invitation still allows a mail's address, by itself or its domain, and it was not erased."""
    domain = Func(F("email"), Value("@"), Value(2), function="split_part", output_field=models.CharField())
    is_allowed = Q(InArray(F("email"), allowed_emails)) | Q(InArray(Concat(Value("*@"), domain), allowed_emails))
    return is_allowed & ~Q(email__endswith=f"@{ERASED_DOMAIN}")


class Delivery(models.Model):
    """The mail to one address. Sending it again begins a new round and resets the attempts.

    `queued_at`: start of the round. `counted_at`: since then it counts against the limits of mails. `failing_since`:
    first failure in a row with this `fault`. They are null in rows of earlier versions. `forwarded_by`: the contributor
    who passed the invitation on to this address last, with a `note`. `reminder`: the kind, if the round is a reminder.
    `reminders`: the kinds that were queued so far.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    email = models.CharField(max_length=254)
    status = models.CharField(max_length=20, choices=DeliveryStatus, default=DeliveryStatus.QUEUED)
    round = models.PositiveIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, null=True)
    fault = models.CharField(max_length=20, choices=Fault, null=True)
    failing_since = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True)
    forwarded_by = models.CharField(max_length=254, null=True)
    note = models.CharField(max_length=MAX_NOTE_LENGTH, null=True)
    reminder = models.CharField(max_length=10, choices=ReminderKind, null=True)
    reminders = ArrayField(models.CharField(max_length=10), default=list, db_default=[])
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(F("invitation").desc(), condition=Q(status__in=UNDELIVERED), name="delivery_undelivered"),
            # the overview looks for the one that has been failing for the longest time
            models.Index("failing_since", condition=DELAYED_BY_US, name="delivery_delayed_by_us"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["invitation", "email"], name="one_delivery_per_address"),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="delivery_status"),
            models.CheckConstraint(condition=Q(fault=None) | Q(fault__in=Fault.values), name="delivery_fault"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def waiting_since(self) -> datetime:
        return self.queued_at or self.created_at

    @property
    def reference(self) -> str:
        """Id of this round for the mail provider."""
        return f"{self.pk}.{self.round}"

    @property
    def message_id(self) -> str:
        return message_id(self.reference)


class MailOutage(models.Model):
    """No mail leaves, for a reason on our side: one row while it lasts.

    Until `retry_at` only mails that were tried before are tried again.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_mail_outage")]

    def __str__(self) -> str:
        return self.reason


class PersonalLink(models.Model):
    """A link bound to the address it was mailed to, and to the browser that used it first."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="links")
    token_hash = models.BinaryField(max_length=32, unique=True)
    encrypted_token = models.BinaryField()
    used_at = models.DateTimeField(null=True)
    proof = models.ForeignKey(EmailProof, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"link to {self.delivery_id}"

    @property
    def masked_email(self) -> str:
        """`j•••@example.com`: the owner recognizes it, a stranger learns little."""
        local, _, domain = self.delivery.email.partition("@")
        return f"{local[:1]}•••@{domain}"

    @property
    def token(self) -> str:
        return decrypt_token(bytes(self.encrypted_token), owner_id=self.pk)


class RemovedLink(models.Model):
    """Hash of a personal link whose address was removed from the invitation, so that its page can say so."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"removed link of {self.invitation_id}"
