"""Which invitations want attention."""

from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.admin.attention import Attention, attention_condition
from invitations.models import DeliveryStatus, Invitation
from invitations.services.address_correction import correct_address
from invitations.services.delivery.send import resend_invitation
from invitations.services.invitations import record_view, revoke_invitation, update_invitation
from tests.factories import make_invitation
from tests.invitations.admin.pages import in_every_status

pytestmark = pytest.mark.django_db

ANNA, BEN = "anna@example.com", "ben@example.com"


def wanting(kind):
    return set(Invitation.objects.filter(attention_condition(kind)))


def failed(company, status=DeliveryStatus.BOUNCED, emails=(ANNA,), **fields):
    invitation = make_invitation(company, allowed_emails=emails, send_email=True, **fields)
    invitation.deliveries.filter(email=ANNA).update(status=status)
    return invitation


def expire(invitation):
    past = {"created_at": timezone.now() - timedelta(days=9), "expires_at": timezone.now() - timedelta(days=1)}
    Invitation.objects.filter(pk=invitation.pk).update(**past)


@pytest.mark.parametrize(
    ("expires_in", "wants"),
    [
        (timedelta(days=6, hours=23), True),
        (timedelta(minutes=5), True),
        (timedelta(days=7, hours=1), False),
        (None, False),
    ],
)
def test_one_that_stops_within_a_week_is_expiring(company, expires_in, wants):
    make_invitation(company, expires_in=expires_in)

    assert bool(wanting(Attention.EXPIRING)) == wants


def test_what_is_over_is_not_expiring(company):
    in_every_status(company)
    Invitation.objects.exclude(revoked_at=None).update(expires_at=timezone.now() + timedelta(days=1))
    Invitation.objects.filter(use_count=1).update(expires_at=timezone.now() + timedelta(days=1))

    assert wanting(Attention.EXPIRING) == set()


def test_one_that_was_opened_and_never_used_is_unfinished_also_when_expired(company):
    opened, expired, revoked, used, _ = (make_invitation(company) for _ in range(5))
    for each in (opened, expired, revoked, used):
        record_view(each)
    expire(expired)
    revoke_invitation(revoked, by=SYSTEM)
    Invitation.objects.filter(pk=used.pk).update(use_count=1)

    assert wanting(Attention.UNFINISHED) == {opened, expired}


@pytest.mark.parametrize("status", DeliveryStatus)
def test_a_mail_that_did_not_arrive_wants_attention(company, status):
    failed(company, status)

    assert bool(wanting(Attention.MAIL_FAILED)) == (status in {"FAILED", "BOUNCED", "COMPLAINED"})


def test_until_the_address_is_corrected_mailed_again_or_taken_off(company):
    corrected, resent, removed, left = (failed(company, emails=[ANNA, BEN]) for _ in range(4))
    correct_address(corrected, by=SYSTEM, old=ANNA, new="anna@example.org")
    resend_invitation(resent, by=SYSTEM)
    update_invitation(removed, by=SYSTEM, allowed_emails=[BEN])

    assert wanting(Attention.MAIL_FAILED) == {left}


def test_an_address_that_is_on_with_its_whole_domain_counts(company):
    invitation = make_invitation(company, allowed_emails=["*@example.com"])
    resend_invitation(invitation, by=SYSTEM, emails=[ANNA])
    invitation.deliveries.update(status="FAILED")

    assert wanting(Attention.MAIL_FAILED) == {invitation}


def test_a_failed_mail_of_an_expired_one_counts_and_of_one_that_is_over_does_not(company):
    expired, revoked, used = (failed(company) for _ in range(3))
    expire(expired)
    revoke_invitation(revoked, by=SYSTEM)
    Invitation.objects.filter(pk=used.pk).update(use_count=1, max_uses=1)

    assert wanting(Attention.MAIL_FAILED) == {expired}
