"""The second factor of a member of staff: an app that makes codes, and codes for the day it is lost."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models.users import User

FREE_TRIES = 5
MOST_WRONG_CODES = 100  # in a row: NIST SP 800-63B-4, on rate limiting
LONGEST_PAUSE = timedelta(hours=1)
SETUP_TIME = timedelta(minutes=30)


class Authenticator(models.Model):
    """An app that makes codes from the time and a key (RFC 6238). It is in use when its user's `authenticator` says so,
    and until then one that is being set up. The key is sealed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="authenticators")
    encrypted_key = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)
    wrong_codes = models.PositiveIntegerField(default=0)
    wrong_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"authenticator of {self.user_id}"

    @property
    def binding(self) -> str:
        return f"authenticator:{self.pk}"

    @property
    def is_fresh(self) -> bool:
        """Whether setting it up may still be finished."""
        return self.created_at > timezone.now() - SETUP_TIME

    @property
    def is_closed(self) -> bool:
        """After the hundredth wrong code in a row, for good: an administrator can reset it."""
        return self.wrong_codes >= MOST_WRONG_CODES

    @property
    def rests_until(self) -> datetime | None:
        """No code is looked at before: the fifth wrong one in a row costs a minute, each further one twice as much."""
        if self.wrong_codes < FREE_TRIES or self.wrong_at is None:
            return None
        doublings = min(self.wrong_codes - FREE_TRIES, 10)
        return self.wrong_at + min(timedelta(minutes=2**doublings), LONGEST_PAUSE)


class RecoveryCode(models.Model):
    """Opens the login once, in place of a code of the app. Kept is a hash: the code has 80 random bits."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    authenticator = models.ForeignKey(Authenticator, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["authenticator", "digest"], name="one_row_per_recovery_code")]

    def __str__(self) -> str:
        return f"recovery code of {self.authenticator_id}"
