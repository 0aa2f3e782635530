from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from companies.actors import SYSTEM
from config.exceptions import InvalidField
from invitations.exceptions import ChangedMeanwhile, InvitationRevoked, LinkUsedInAnotherBrowser
from invitations.models import Delivery, EmailProof, EventType, Invitation, PersonalLink
from invitations.services.address_correction import correct_address
from invitations.services.invitations import revoke_invitation, rotate_invitation, update_invitation
from invitations.services.verification.proofs import use_personal_link
from tests.factories import make_invitation
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)

WRONG, BEN = "anna@exmaple.com", "ben@example.com"


@pytest.fixture
def invitation(jobs):
    return make_invitation(allowed_emails=[WRONG, BEN], send_email=True)


def right(number):
    return f"anna{number}@example.com"


def correct(invitation, number):
    return correct_address(invitation, by=SYSTEM, old=WRONG, new=right(number))


def kinds(results):
    kind = {Invitation: "corrected", InvalidField: "too late", InvitationRevoked: "revoked", ChangedMeanwhile: "seen"}
    return Counter(kind.get(type(result), repr(result)) for result in results)


def test_nine_corrections_queue_one_mail(invitation):
    assert kinds(race(9, lambda number: correct(invitation, number))) == {"corrected": 1, "too late": 8}

    (now, other) = Invitation.objects.get(pk=invitation.pk).allowed_emails
    assert other == BEN
    assert {each.email for each in Delivery.objects.all()} == {WRONG, BEN, now}
    assert PersonalLink.objects.filter(delivery__email=now).count() == 1
    assert invitation.events.filter(type=EventType.UPDATED).count() == 1


def test_corrections_of_different_addresses_both_hold(invitation):
    pairs = [(WRONG, right(0)), (BEN, "benjamin@example.com")]

    results = race(2, lambda number: correct_address(invitation, by=SYSTEM, old=pairs[number][0], new=pairs[number][1]))

    assert kinds(results) == {"corrected": 2}
    assert Invitation.objects.get(pk=invitation.pk).allowed_emails == [right(0), "benjamin@example.com"]


def test_correction_waits_for_a_revoke(invitation):
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            revoke_invitation(invitation, by=SYSTEM)
            corrector = threads.submit(race, 1, lambda _: correct(invitation, 0))
            wait_for_a_lock()
        assert kinds(corrector.result()) == {"revoked": 1}
    assert not Delivery.objects.filter(email=right(0)).exists()


def test_revoke_waits_for_a_correction(invitation):
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            correct(invitation, 0)
            revoker = threads.submit(race, 1, lambda _: revoke_invitation(invitation, by=SYSTEM))
            wait_for_a_lock()
        revoker.result()
    types = [event.type for event in invitation.events.order_by("pk")]
    assert types == ["CREATED", "UPDATED", "RESENT", "REVOKED"]


def test_stale_update_keeps_the_correction(invitation):
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            correct(invitation, 0)
            seen, wanted = [WRONG, BEN], [WRONG, BEN, "cleo@example.com"]
            changer = threads.submit(
                race,
                1,
                lambda _: update_invitation(
                    invitation, by=SYSTEM, seen={"allowed_emails": seen}, allowed_emails=wanted
                ),
            )
            wait_for_a_lock()
        assert kinds(changer.result()) == {"seen": 1}
    assert Invitation.objects.get(pk=invitation.pk).allowed_emails == [right(0), BEN]


@pytest.mark.parametrize(
    "end",
    [
        lambda invitation: correct(invitation, 0),
        lambda invitation: update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN]),
        lambda invitation: rotate_invitation(invitation, by=SYSTEM),
    ],
    ids=["correct", "update", "rotate"],
)
def test_concurrent_proof_of_old_address_ends(invitation, end):
    link = PersonalLink.objects.get(delivery__email=WRONG)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            use_personal_link(invitation, link, secret=None)
            ender = threads.submit(race, 1, lambda _: end(invitation))
            wait_for_a_lock()
        assert kinds(ender.result()) == {"corrected": 1}
    assert not EmailProof.objects.filter(email=WRONG).exists()
    assert not PersonalLink.objects.filter(delivery__email=WRONG).exists()


def test_link_used_during_correction_is_refused(invitation):
    link = PersonalLink.objects.get(delivery__email=WRONG)

    def press(_):
        return use_personal_link(Invitation.objects.get(pk=invitation.pk), link, secret=None)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            correct(invitation, 0)
            presser = threads.submit(race, 1, press)
            wait_for_a_lock()
        (result,) = presser.result()
    assert isinstance(result, LinkUsedInAnotherBrowser)
    assert not EmailProof.objects.exists()
