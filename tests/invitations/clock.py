"""Simulated passing of time: rows become older."""

from datetime import timedelta

from django.db.models import F
from django.db.models.expressions import RawSQL

from connections.models import ConnectionEvent
from invitations.models import EmailProof, Invitation, InvitationEvent, RateLimitWindow, VerificationCode


def pass_time(**units: float) -> None:
    """Make codes, proofs, rate limits and automatic repairs older: `pass_time(minutes=10)`."""
    passed = timedelta(**units)
    VerificationCode.objects.update(
        created_at=F("created_at") - passed,
        expires_at=F("expires_at") - passed,
        last_attempt_at=F("last_attempt_at") - passed,
    )
    EmailProof.objects.update(created_at=F("created_at") - passed, expires_at=F("expires_at") - passed)
    make_attempts_older(passed)
    Invitation.objects.update(created_at=F("created_at") - passed)
    ConnectionEvent.objects.update(created_at=F("created_at") - passed)
    InvitationEvent.objects.update(created_at=F("created_at") - passed)


def make_attempts_older(passed: timedelta) -> None:
    older = RawSQL("ARRAY(SELECT attempt - %s FROM unnest(attempts) AS attempt)", [passed])
    RateLimitWindow.objects.update(started_at=F("started_at") - passed, attempts=older)
