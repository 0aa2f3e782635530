from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.models import Delivery, Invitation, InvitationEvent, PersonalLink
from invitations.services.address_retention import erase_old_addresses
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from tests.clock import stopped_at
from tests.factories import make_connection, make_invitation
from tests.invitations.services.verification.codes import ANNA, BEN, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation():
    invitation = make_invitation(allowed_emails=[ANNA, BEN, "*@example.org"], send_email=True)
    ask(invitation)
    return invitation


def erase_later(days):
    with stopped_at(timezone.now() + timedelta(days=days)):
        return erase_old_addresses()


def test_old_addresses_are_erased(invitation):
    revoke_invitation(invitation, by=SYSTEM)
    Invitation.objects.update(declined_emails=[ANNA])
    Delivery.objects.filter(email=BEN).update(forwarded_by=ANNA, note=f"Ask {ANNA} as well.")

    assert [erase_later(days) for days in (364, 366, 366)] == [0, 1, 0]

    invitation.refresh_from_db()
    first, second, pattern = invitation.allowed_emails
    assert first != second
    assert first.endswith("@erased.invalid")
    assert pattern == "*@example.org"
    assert invitation.declined_emails == [first]
    forwarded = Delivery.objects.get(email=second)
    assert (forwarded.forwarded_by, forwarded.note) == (first, "Ask erased as well.")
    assert set(Delivery.objects.values_list("email", flat=True)) == {first, second}
    assert set(InvitationEvent.objects.values_list("email", flat=True)) == {None, first}
    assert not PersonalLink.objects.exists()
    assert not invitation.codes.exists()


def test_old_texts_and_events_lose_addresses(company):
    connection = make_connection(company, verified_email=ANNA)
    invitation = create_repair_invitation(
        connection,
        by=SYSTEM,
        message=f"To {ANNA}",
        external_id="o'brien@example.com",
        metadata={"note": f"tab\t{ANNA}\n{BEN}", "at": "@home"},
    )
    revoke_invitation(invitation, by=SYSTEM)

    assert erase_later(366) == 1

    invitation.refresh_from_db()
    assert (invitation.message, invitation.external_id) == ("To erased", "erased")
    assert invitation.metadata == {"note": "tab\terased\nerased", "at": "@home"}
    connection.refresh_from_db()
    assert connection.verified_email == ANNA, "the connection is still repaired by this address"
    assert connection.events.get(type="CREATED").email.endswith("@erased.invalid")


@pytest.mark.parametrize("state", ["active", "expired lately", "changed lately"])
def test_recent_invitations_keep_addresses(invitation, state):
    now = timezone.now()
    changes = {
        "active": {},
        "expired lately": {"expires_at": now + timedelta(days=300)},
        "changed lately": {"revoked_at": now, "updated_at": now + timedelta(days=300)},
    }
    Invitation.objects.update(**changes[state])
    assert erase_later(400) == 0
    invitation.refresh_from_db()
    assert invitation.allowed_emails[:2] == [ANNA, BEN]
