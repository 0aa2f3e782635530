"""Time passes: everything that decides by the clock becomes older."""

from datetime import timedelta

from django.db.models import F

from invitations.models import EmailProof, RateWindow, VerificationCode


def pass_time(**units: float) -> None:
    """`pass_time(minutes=10)`: for codes, proofs and limits it is ten minutes later."""
    passed = timedelta(**units)
    VerificationCode.objects.update(
        created_at=F("created_at") - passed,
        expires_at=F("expires_at") - passed,
        last_attempt_at=F("last_attempt_at") - passed,
    )
    EmailProof.objects.update(created_at=F("created_at") - passed, expires_at=F("expires_at") - passed)
    RateWindow.objects.update(started_at=F("started_at") - passed)
