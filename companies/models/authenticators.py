"""Second factor of a member of staff: an authenticator app, and recovery codes."""

import re
from base64 import b32encode
from datetime import timedelta
from typing import ClassVar
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_otp.models import Device, DeviceManager, ThrottlingMixin
from django_otp.oath import TOTP
from uuid_utils.compat import uuid7

ISSUER = "Latchkey"
FREE_TRIES = 5  # in a row, before the first pause
FIRST_PAUSE, LONGEST_PAUSE = 60, 3600  # seconds
MAX_FAILURES = 100  # in a row: NIST SP 800-63B-4, on rate limiting
SETUP_TIME = timedelta(minutes=30)
DRIFT_STEPS = 1  # of 30 seconds, either way


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc]  # django-otp has no types
    """App that derives codes from the time and an encrypted key (RFC 6238). `confirmed` once it is in use."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = None  # a field of django-otp
    encrypted_key = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager["Authenticator"]] = DeviceManager()

    class Meta:
        default_related_name = "authenticators"
        constraints = [
            # one in use, and one that is being set up
            models.UniqueConstraint(fields=["user", "confirmed"], name="one_authenticator_per_user_and_state"),
        ]

    def __str__(self) -> str:
        return f"authenticator of {self.user_id}"

    @property
    def persistent_id(self) -> str:
        """Id in the session. django-otp reads it as an integer."""
        return f"{self.model_label()}/{self.pk.int}"

    @property
    def associated_data(self) -> str:
        return f"authenticator:{self.pk}"

    @property
    def key(self) -> bytes:
        key: bytes = settings.KEYRING.decrypt(bytes(self.encrypted_key), associated_data=self.associated_data)
        return key

    @property
    def base32_key(self) -> str:
        return b32encode(self.key).decode()

    @property
    def config_url(self) -> str:
        """Content of the QR code: key URI format of authenticator apps. Secret."""
        label = quote(f"{ISSUER}:{self.user.email}")
        return f"otpauth://totp/{label}?{urlencode({'secret': self.base32_key, 'issuer': ISSUER})}"

    @property
    def is_fresh(self) -> bool:
        """True if the setup may still be finished."""
        return self.created_at > timezone.now() - SETUP_TIME

    @property
    def is_closed(self) -> bool:
        """True if only a reset by an administrator helps."""
        return bool(self.throttling_failure_count >= MAX_FAILURES)

    def get_throttle_factor(self) -> float:
        """Pause of a minute after the fifth failure in a row, doubled by each further one, at most an hour.

        django-otp multiplies the factor by 2 ** (failures - 1).
        """
        failures: int = self.throttling_failure_count
        if failures < FREE_TRIES:
            return 0
        return min(FIRST_PAUSE / 2.0 ** (FREE_TRIES - 1), LONGEST_PAUSE / 2.0 ** (failures - 1))

    def verify_token(self, token: str) -> bool:
        """Accept each code once, and none older than the last one (RFC 6238, 5.2). The caller locks and saves."""
        totp = TOTP(self.key)
        totp.time = timezone.now().timestamp()
        if not re.fullmatch(r"[0-9]{6}", token):
            return False
        if not totp.verify(int(token), tolerance=DRIFT_STEPS, min_t=self.last_step + 1):
            return False
        self.last_step = totp.t()
        return True


class RecoveryCode(models.Model):
    """Hash of a code of 80 random bits that replaces a code of the app once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    authenticator = models.ForeignKey(Authenticator, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["authenticator", "digest"], name="one_row_per_recovery_code")]

    def __str__(self) -> str:
        return f"recovery code of {self.authenticator_id}"
