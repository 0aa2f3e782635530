from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from companies.models import PartnerEvent
from invitations.models import Invitation
from invitations.services.expiry import announce_expired
from invitations.services.invitations import revoke_invitation, update_invitation
from invitations.services.simulation import advance
from tests.factories import CompanyFactory, make_invitation
from tests.races import race

DAY = timedelta(days=1)


def expired_ago(invitation, ago):
    """Let the invitation expire, as if it had been created two days before."""
    expiry = timezone.now() - ago
    Invitation.objects.filter(pk=invitation.pk).update(
        created_at=expiry - 2 * DAY, announced_until=expiry - 2 * DAY, expires_at=expiry
    )
    return invitation


def published():
    rows = PartnerEvent.objects.filter(type="invitation.expired").order_by("pk")
    return list(rows.values_list("resource_id", flat=True))


def test_expiry_is_published_once(db):
    first, later = (make_invitation(expires_in=DAY) for _ in range(2))
    assert announce_expired() == 0
    expired_ago(first, timedelta(seconds=1))

    assert [announce_expired(), announce_expired()] == [1, 0]
    assert published() == [first.pk]
    event = PartnerEvent.objects.get(type="invitation.expired")
    assert event.data["status"] == "EXPIRED"
    assert event.created_at == Invitation.objects.get(pk=first.pk).expires_at
    expired_ago(later, 400 * DAY)  # the worker was away
    announce_expired()
    assert published() == [first.pk, later.pk]


def test_extended_invitation_expires_again(db):
    invitation = expired_ago(make_invitation(expires_in=DAY), timedelta(seconds=1))
    announce_expired()
    update_invitation(invitation, by=SYSTEM, expires_in=DAY)
    assert announce_expired() == 0
    Invitation.objects.update(expires_at=timezone.now())
    announce_expired()
    assert published() == [invitation.pk] * 2
    changed = PartnerEvent.objects.get(type="invitation.updated")
    assert (changed.previous["status"], changed.data["status"]) == ("EXPIRED", "ACTIVE")


def test_ended_invitations_do_not_expire(db):
    inactive = CompanyFactory()
    revoked, used_up, of_inactive = (
        expired_ago(make_invitation(company, expires_in=DAY, max_uses=1), DAY) for company in (inactive,) * 3
    )
    revoke_invitation(revoked, by=SYSTEM)
    Invitation.objects.filter(pk=used_up.pk).update(use_count=1)
    inactive.is_active = False
    inactive.save()
    announce_expired()
    assert published() == [of_inactive.pk]


def test_advanced_clock_publishes_expiry_once(db):
    invitation = make_invitation(CompanyFactory(is_live=False), expires_in=DAY)
    for _ in range(3):
        advance(invitation, by=DAY)
        announce_expired()
    assert published() == [invitation.pk]


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_publish_one_event():
    company = CompanyFactory()
    invitations = [expired_ago(make_invitation(company, expires_in=DAY), DAY).pk for _ in range(5)]
    results = race(8, lambda _number: announce_expired())
    assert sum(results) == 5
    assert sorted(published()) == invitations
