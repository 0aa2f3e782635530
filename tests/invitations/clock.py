"""Time passes: everything that decides by the clock becomes older."""

from datetime import timedelta

from django.db.models import F

from connections.models import ConnectionEvent
from invitations.models import EmailProof, Invitation, RateLimitWindow, VerificationCode


def pass_time(**units: float) -> None:
    """`pass_time(minutes=10)`: for codes, proofs, limits and automatic repair it is ten minutes later."""
    passed = timedelta(**units)
    VerificationCode.objects.update(
        created_at=F("created_at") - passed,
        expires_at=F("expires_at") - passed,
        last_attempt_at=F("last_attempt_at") - passed,
    )
    EmailProof.objects.update(created_at=F("created_at") - passed, expires_at=F("expires_at") - passed)
    RateLimitWindow.objects.update(started_at=F("started_at") - passed)
    Invitation.objects.update(created_at=F("created_at") - passed)
    ConnectionEvent.objects.update(created_at=F("created_at") - passed)
