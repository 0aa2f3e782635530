"""Verified email addresses, and the codes that verify them."""

import hashlib
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from uuid_utils.compat import uuid7

from config.mail.message_ids import message_id
from invitations.models.invitation import Invitation

PROOF_AGE = timedelta(hours=2)
# longer than the proof: the secret also identifies the browser that used a personal link first
SECRET_AGE = timedelta(days=30)
CODE_AGE = timedelta(minutes=10)
MAX_TRIES = 5
MAX_GUARDED_TRIES = 1
DIGITS, GUARDED_DIGITS = 6, 8


class EmailProof(models.Model):
    """Proof that a browser's user controls an address, for one invitation and a limited time.

    The browser has the secret in a cookie.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="proofs")
    email = models.CharField(max_length=254)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    # read by `find_proof`
    has_draft: bool

    def __str__(self) -> str:
        return f"proof of {self.email}"

    def holds_for(self, invitation: Invitation) -> bool:
        """True if it is for `invitation`, not expired, and its address is still allowed."""
        return (
            self.invitation_id == invitation.pk and self.expires_at > timezone.now() and invitation.allows(self.email)
        )


class VerificationCodeQuerySet(models.QuerySet["VerificationCode"]):
    def active(self) -> Self:
        """Filter codes that may still be entered, apart from their tries."""
        return self.filter(used_at=None, expires_at__gt=Now())

    def expired(self) -> Self:
        """Filter codes that expired, or were ended, before they were used."""
        return self.filter(used_at=None, expires_at__lte=Now())


class VerificationCode(models.Model):
    """A code, derived from the row and `SECRET_KEY` and never stored, not even as a hash.

    It has six digits and five tries. A guarded code has eight digits and one try: it was requested after many wrong
    tries.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="codes", db_index=False)
    email = models.CharField(max_length=254)
    # requested by the personal link of this address, which only the owner of the mailbox has
    is_by_link = models.BooleanField(default=False, db_default=False)
    is_guarded = models.BooleanField(default=False, db_default=False)
    # opaque name of the network that requested it
    client = models.CharField(max_length=32, default="", db_default="")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, null=True)
    sent_at = models.DateTimeField(null=True)

    objects: ClassVar[VerificationCodeQuerySet] = VerificationCodeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index("invitation", "email", "created_at", name="verification_code_address"),
            models.Index("email", "last_attempt_at", name="verification_code_mailbox"),
        ]
        constraints = [models.CheckConstraint(condition=Q(tries__lte=MAX_TRIES), name="verification_code_tries")]

    def __str__(self) -> str:
        return f"code for {self.email}"

    @property
    def message_id(self) -> str:
        return message_id(self.pk)

    @property
    def is_mailed(self) -> bool:
        """True if its mail has left, or is leaving: the reader may be faster than the row."""
        return self.sent_at is not None or (self.last_attempt_at is not None and self.last_error is None)

    @property
    def digits(self) -> str:
        return self._digits_by(settings.SECRET_KEY)

    def has_digits(self, digits: str) -> bool:
        """Compare with the digits by the current key and by its fallbacks, each in constant time."""
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return any(constant_time_compare(self._digits_by(key), digits) for key in keys)

    def _digits_by(self, key: str) -> str:
        keyed = salted_hmac("latchkey.code", str(self.pk), secret=key, algorithm="sha256").digest()
        length = GUARDED_DIGITS if self.is_guarded else DIGITS
        return f"{int.from_bytes(keyed[:8], 'big') % 10**length:0{length}d}"


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
