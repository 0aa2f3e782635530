from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from companies.models import PartnerEvent
from config.exceptions import InvalidField
from invitations.emails import notice_mail
from invitations.exceptions import InvitationRevoked
from invitations.models import DeclineReason, Invitation
from invitations.services.address_correction import correct_address
from invitations.services.declines import decline_invitation
from invitations.services.invitations import update_invitation
from tests.clock import stopped_at
from tests.factories import UserFactory, make_invitation
from tests.invitations.api.uses import spend_use
from tests.invitations.repairs import revoke

pytestmark = pytest.mark.django_db

ANNA, BEN, OTTO = "anna@example.com", "ben@example.com", "otto@example.com"


def decline(invitation, email=None, **how):
    decline_invitation(invitation, email=email, **{"reason": DeclineReason.UNWILLING} | how)
    return Invitation.objects.get(pk=invitation.pk)


def declined_events(invitation):
    return list(invitation.events.filter(type="DECLINED").order_by("pk").values_list("email", flat=True))


def made(*emails, **fields):
    return make_invitation(allowed_emails=emails, by=Actor.staff(UserFactory()), **fields)


def test_each_address_declines_for_itself(jobs):
    invitation = made(ANNA, BEN)
    after = [decline(invitation, email) for email in (ANNA, ANNA, BEN, BEN)]
    assert [each.declined_emails for each in after] == [[ANNA], [ANNA], [ANNA, BEN], [ANNA, BEN]]
    assert [each.declined_at is None for each in after] == [True, True, False, False]
    assert declined_events(invitation) == [ANNA, BEN]
    assert PartnerEvent.objects.filter(type="invitation.declined").count() == 2
    assert jobs.names.count("send_notice") == 2


def test_pattern_is_never_declined_as_a_whole():
    invitation = decline(made("*@example.com"), ANNA)
    assert (invitation.declined_emails, invitation.declined_at) == ([ANNA], None)


def test_strangers_cannot_flood_the_inviter(jobs):
    anyone, restricted = made(), made(ANNA)
    for _ in range(3):
        decline(anyone)
        decline(restricted)
        decline(restricted, OTTO)
    assert Invitation.objects.get(pk=anyone.pk).declined_at
    assert Invitation.objects.get(pk=restricted.pk).declined_emails == []
    assert declined_events(anyone) == declined_events(restricted) == [None]
    assert jobs.names.count("send_notice") == 2
    with stopped_at(timezone.now() + timedelta(days=1, seconds=1)):
        decline(restricted)
    assert len(declined_events(restricted)) == 2


def test_use_clears_the_decline():
    invitation = decline(made())
    spend_use(invitation)
    invitation.refresh_from_db()
    assert (invitation.declined_at, invitation.declined_emails) == (None, [])
    assert decline(invitation).declined_at


def test_changed_addresses_reopen_the_question():
    added, removed, corrected = (decline(made(ANNA), ANNA) for _ in range(3))
    update_invitation(added, by=SYSTEM, allowed_emails=[ANNA, BEN])
    update_invitation(removed, by=SYSTEM, allowed_emails=[])
    correct_address(corrected, by=SYSTEM, old=ANNA, new=BEN)
    rows = [Invitation.objects.get(pk=each.pk) for each in (added, removed, corrected)]
    assert [(each.declined_emails, each.declined_at) for each in rows] == [([ANNA], None), ([], None), ([], None)]


def test_mail_shows_words_of_known_addresses_only():
    invitation, note = made(ANNA), "Please ask the landlord."
    decline(invitation, ANNA, reason=DeclineReason.WRONG_PERSON, note=note)
    decline(invitation, reason=DeclineReason.OTHER, note=note)
    known, stranger = (notice_mail(event, to=BEN) for event in invitation.events.filter(type="DECLINED").order_by("pk"))
    assert all(text in known.body for text in (ANNA, note, "I am not the right person"))
    assert note not in stranger.body
    assert "Another reason" in stranger.body


def test_closed_invitation_and_wrong_note_are_refused():
    invitation = made(ANNA)
    for note in ("x" * 501, "Pay at https://evil.example"):
        with pytest.raises(InvalidField):
            decline(invitation, ANNA, note=note)
    revoke(invitation)
    with pytest.raises(InvitationRevoked):
        decline(invitation, ANNA)
    assert declined_events(invitation) == []
