"""Conditions for invitations that need attention."""

from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.admin.dashboard.attention import Attention, attention_condition
from invitations.models import DeliveryStatus, Invitation
from invitations.services.address_correction import correct_address
from invitations.services.delivery.send import resend_invitation
from invitations.services.invitations import record_view, revoke_invitation, update_invitation
from tests.factories import make_invitation
from tests.invitations.admin.pages import in_every_status

pytestmark = pytest.mark.django_db

ANNA, BEN = "anna@example.com", "ben@example.com"


def needing(kind):
    return set(Invitation.objects.filter(attention_condition(kind)))


def failed(company, status=DeliveryStatus.BOUNCED, emails=(ANNA,), **fields):
    invitation = make_invitation(company, allowed_emails=emails, send_email=True, **fields)
    invitation.deliveries.filter(email=ANNA).update(status=status)
    return invitation


def expire(invitation):
    past = {"created_at": timezone.now() - timedelta(days=9), "expires_at": timezone.now() - timedelta(days=1)}
    Invitation.objects.filter(pk=invitation.pk).update(**past)


def test_expiring_covers_the_next_seven_days(company):
    lives = (timedelta(days=6, hours=23), timedelta(minutes=5), timedelta(days=7, hours=1), None)
    invitations = [make_invitation(company, expires_in=expires_in) for expires_in in lives]

    assert needing(Attention.EXPIRING) == set(invitations[:2])


def test_expiring_excludes_revoked_and_used_up(company):
    in_every_status(company)
    Invitation.objects.exclude(revoked_at=None).update(expires_at=timezone.now() + timedelta(days=1))
    Invitation.objects.filter(use_count=1).update(expires_at=timezone.now() + timedelta(days=1))

    assert needing(Attention.EXPIRING) == set()


def test_unfinished_is_opened_or_not(company):
    opened, expired, revoked, used, unopened = (make_invitation(company) for _ in range(5))
    for each in (opened, expired, revoked, used):
        record_view(each)
    expire(expired)
    revoke_invitation(revoked, by=SYSTEM)
    Invitation.objects.filter(pk=used.pk).update(use_count=1)

    assert needing(Attention.UNFINISHED) == {opened, expired}
    assert needing(Attention.NOT_OPENED) == {unopened}


def test_mail_failed_covers_undelivered_statuses(company):
    invitations = {status: failed(company, status) for status in DeliveryStatus}

    undelivered = {invitations[DeliveryStatus[name]] for name in ("FAILED", "BOUNCED", "COMPLAINED")}
    assert needing(Attention.MAIL_FAILED) == undelivered


def test_mail_failed_ends_with_a_correction(company):
    corrected, resent, removed, left = (failed(company, emails=[ANNA, BEN]) for _ in range(4))
    correct_address(corrected, by=SYSTEM, old=ANNA, new="anna@example.org")
    resend_invitation(resent, by=SYSTEM)
    update_invitation(removed, by=SYSTEM, allowed_emails=[BEN])

    assert needing(Attention.MAIL_FAILED) == {left}


def test_mail_failed_counts_allowed_domains(company):
    invitation = make_invitation(company, allowed_emails=["*@example.com"])
    resend_invitation(invitation, by=SYSTEM, emails=[ANNA])
    invitation.deliveries.update(status="FAILED")

    assert needing(Attention.MAIL_FAILED) == {invitation}


def test_mail_failed_excludes_revoked_and_used_up(company):
    expired, revoked, used = (failed(company) for _ in range(3))
    expire(expired)
    revoke_invitation(revoked, by=SYSTEM)
    Invitation.objects.filter(pk=used.pk).update(use_count=1, max_uses=1)

    assert needing(Attention.MAIL_FAILED) == {expired}
