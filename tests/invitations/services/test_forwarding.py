from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from companies.models import PartnerEvent
from config.exceptions import DomainError, InvalidField
from invitations.emails import invitation_mail
from invitations.models import Invitation
from invitations.services.declines import DeclineReason, decline_invitation
from invitations.services.forwarding import forward_invitation
from invitations.services.invitations import update_invitation
from invitations.services.verification.proofs import create_proof, find_proof
from tests.clock import stopped_at
from tests.factories import make_invitation
from tests.invitations.repairs import expire, revoke

pytestmark = pytest.mark.django_db

ANNA, BEN, OTTO = "anna@example.com", "ben@example.com", "otto@example.com"


def forwardable(*emails, **fields):
    invitation = make_invitation(allowed_emails=emails or (ANNA,), **fields)
    invitation.allows_forwarding = True
    invitation.save(update_fields=["allows_forwarding"])
    return invitation


def forward(invitation, to=BEN, *, by=ANNA, **how):
    proof, _secret = create_proof(invitation, by, by="code")
    forward_invitation(invitation, proof=proof, to=to, **how)
    return Invitation.objects.get(pk=invitation.pk)


def refusal_of(invitation, *args, **how):
    try:
        forward(invitation, *args, **how)
    except InvalidField as error:
        return error.field_code
    except DomainError as error:
        return error.code
    return None


def test_colleague_is_allowed_mailed_and_named(jobs):
    invitation = forwardable()
    after = forward(invitation, "Ben <BEN@example.com>", note="You have the bills.")
    assert after.allowed_emails == [ANNA, BEN]
    delivery = after.deliveries.select_related("invitation__company__partner").get()
    assert (delivery.email, delivery.forwarded_by, delivery.note) == (BEN, ANNA, "You have the bills.")
    assert jobs.names == ["send_invitation"]
    event = after.events.get(type="FORWARDED")
    assert (event.email, event.detail) == (ANNA, {"to": BEN})
    published = PartnerEvent.objects.get(type="invitation.forwarded")
    assert published.previous == {"allowedEmails": [ANNA]}
    mail = invitation_mail(delivery, delivery.links.get())
    assert ANNA in mail.body
    assert "You have the bills." in mail.body


def test_forwarder_keeps_access_and_colleague_forwards_on():
    invitation = forwardable()
    _proof, secret = create_proof(invitation, ANNA, by="code")
    forward(invitation)
    after = forward(invitation, OTTO, by=BEN)
    assert find_proof(after, secret)
    chain = list(after.events.filter(type="FORWARDED").order_by("pk").values_list("email", "detail__to"))
    assert chain == [(ANNA, BEN), (BEN, OTTO)]


def test_same_colleague_is_mailed_once(jobs):
    invitation = forwardable(ANNA, BEN)
    for _ in range(2):
        assert refusal_of(invitation) is None  # was allowed before, which nothing tells
    assert jobs.names == ["send_invitation"]
    assert invitation.events.filter(type="FORWARDED").count() == 1


def test_forwarding_is_limited(jobs):
    invitation = forwardable()
    now = timezone.now()
    codes = []
    for number in range(7):
        with stopped_at(now + timedelta(minutes=21 * number)):
            codes.append(refusal_of(invitation, f"person{number}@example.com"))
    assert codes == [None] * 5 + ["FORWARDING_USED_UP"] * 2
    busy = forwardable()
    hasty = [refusal_of(busy, f"person{number}@example.com") for number in range(4)]
    assert hasty == [None] * 3 + ["TOO_MANY_ATTEMPTS"]
    crowded = forwardable(ANNA, *(f"person{number}@example.com" for number in range(99)))
    assert refusal_of(crowded, "person1@example.com") == refusal_of(crowded) == "FORWARDING_USED_UP"


def test_forwarding_that_is_not_allowed_is_refused():
    closed, gone = forwardable(), forwardable()
    revoke(closed)
    expire(gone)
    removed = forwardable(ANNA, BEN, send_email=True)
    update_invitation(removed, by=SYSTEM, allowed_emails=[ANNA])
    anyone = forwardable()
    update_invitation(anyone, by=SYSTEM, allowed_emails=[])
    assert {
        "revoked": refusal_of(closed),
        "expired": refusal_of(gone),
        "not allowed": refusal_of(make_invitation(allowed_emails=[ANNA])),
        "anyone": refusal_of(anyone),
        "stranger": refusal_of(forwardable(), by=OTTO),
        "removed": refusal_of(removed),
        "own": refusal_of(forwardable(), ANNA),
        "pattern": refusal_of(forwardable(), "*@example.com"),
        "link": refusal_of(forwardable(), note="See http://evil.example"),
        "long note": refusal_of(forwardable(), note="x" * 301),
    } == {
        "revoked": "INVITATION_REVOKED",
        "expired": "INVITATION_EXPIRED",
        "not allowed": "FORWARDING_NOT_ALLOWED",
        "anyone": "FORWARDING_NOT_ALLOWED",
        "stranger": "EMAIL_PROOF_REQUIRED",
        "removed": "removed",
        "own": "own_address",
        "pattern": "invalid_email",
        "link": "link",
        "long note": "max_length",
    }


def test_forwarding_reopens_a_declined_invitation():
    invitation = forwardable()
    decline_invitation(invitation, email=ANNA, reason=DeclineReason.WRONG_PERSON)
    after = forward(invitation)
    assert (after.declined_emails, after.declined_at) == ([ANNA], None)
