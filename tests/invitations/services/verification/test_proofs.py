from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.exceptions import InvitationRevoked, LinkUsedInAnotherBrowser, ProofRequired
from invitations.models import PROOF_AGE, EmailProof, EventType, Invitation, PersonalLink
from invitations.models.verification import hash_secret
from invitations.services.invitations import revoke_invitation, rotate_invitation, update_invitation
from invitations.services.redemption import Account, redeem_invitation
from invitations.services.verification.proofs import find_proof, use_personal_link
from tests.factories import make_invitation
from tests.invitations.answers import PROVIDER_URL, answers, page
from tests.invitations.clock import pass_time
from tests.invitations.consents import CONSENT
from tests.races import wait_for_a_lock

pytestmark = pytest.mark.django_db

ANNA, BEN = "anna@example.com", "ben@example.com"


def restricted(company=None, *emails, **fields):
    return make_invitation(company, allowed_emails=emails or [ANNA, BEN], send_email=True, **fields)


def create_proof(invitation, email=ANNA):
    """Return the proof and its secret."""
    link = PersonalLink.objects.filter(delivery__invitation=invitation, delivery__email=email).latest("pk")
    return use_personal_link(invitation, link, secret=None)


def browser(invitation, secret):
    """Client with the secret in its cookie."""
    client = Client()
    client.cookies[f"proof-{invitation.pk.hex}"] = secret
    return client


def redeem(invitation, proof):
    return redeem_invitation(
        invitation,
        form_id=uuid4(),
        account=Account(url=PROVIDER_URL),
        credentials={"username": "riverside", "password": "secret"},
        proof=proof,
        consent=CONSENT,
    )


def is_let_in(invitation, secret):
    """True if page and form accept the proof. Both must agree."""
    client = browser(invitation, secret)
    shown = client.get(page(invitation, "connect")).status_code == 200
    saved = client.post(page(invitation, "connect"), answers())["Location"] == page(invitation, "done")
    assert shown == saved
    return shown


def test_proof_opens_its_invitation(company):
    invitation = restricted(company)
    assert is_let_in(invitation, create_proof(invitation)[1])


def test_link_of_revoked_invitation_proves_nothing(company):
    invitation = restricted(company)
    revoked = revoke_invitation(invitation, by=SYSTEM)
    with pytest.raises(InvitationRevoked):
        create_proof(revoked)
    assert not EmailProof.objects.exists()


def test_proof_opens_no_other_invitation(company):
    one, other = restricted(company), restricted(company)
    proof, secret = create_proof(one)
    assert not is_let_in(other, secret)
    assert find_proof(other, secret) is None
    with pytest.raises(ProofRequired):
        redeem(other, proof)


@pytest.mark.parametrize("secret", ["", "x", "x" * 5000, "é", '"', "None"])
def test_invalid_secret_opens_nothing(company, secret):
    invitation = restricted(company)
    create_proof(invitation)
    assert not is_let_in(invitation, secret)


def test_proof_lasts_two_hours(company):
    invitation = restricted(company)
    proof, secret = create_proof(invitation)
    pass_time(hours=1.9)
    assert is_let_in(invitation, secret)
    pass_time(hours=0.2)
    proof.refresh_from_db()
    assert not is_let_in(invitation, secret)
    with pytest.raises(ProofRequired):
        redeem(invitation, proof)


def test_proof_of_removed_address_ends(company):
    invitation = restricted(company)
    proof, secret = create_proof(invitation)
    update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN])
    assert not is_let_in(invitation, secret)
    with pytest.raises(ProofRequired):
        redeem(invitation, proof)
    assert not Connection.objects.exists()


def test_proof_checks_allowed_emails_each_time(company):
    invitation = restricted(company, ANNA)
    proof, secret = create_proof(invitation)
    # without the service, which would delete the proof
    Invitation.objects.update(allowed_emails=["*@example.org"])
    invitation.refresh_from_db()
    assert not proof.holds_for(invitation)
    assert not is_let_in(invitation, secret)
    with pytest.raises(ProofRequired):
        redeem(invitation, proof)
    Invitation.objects.update(allowed_emails=["*@example.com"])
    invitation.refresh_from_db()
    assert is_let_in(invitation, secret)


def test_newly_restricted_invitation_requires_proof(company, client):
    invitation = make_invitation(company)
    assert client.get(page(invitation, "connect")).status_code == 200
    update_invitation(invitation, by=SYSTEM, allowed_emails=[ANNA])
    assert client.post(page(invitation, "connect"), answers())["Location"] == page(invitation, "verify")
    assert not Connection.objects.exists()


@pytest.mark.parametrize("emails", [[ANNA], ["*@example.com"]])
def test_connection_stores_the_verified_email(company, api, emails):
    invitation = make_invitation(company, allowed_emails=emails)
    secret = "a-secret"
    EmailProof.objects.create(
        invitation=invitation, email=ANNA, secret_hash=hash_secret(secret), expires_at=timezone.now() + PROOF_AGE
    )
    assert is_let_in(invitation, secret)
    connection_made = Connection.objects.get()
    assert connection_made.verified_email == ANNA
    details = api.get(f"connection/{connection_made.pk}/details").json()
    assert details["verifiedEmail"] == ANNA
    (event,) = api.get(f"invitation/{invitation.pk}").json()["events"][-1:]
    assert (event["type"], event["email"], event["actor"]) == ("USED", ANNA, "CONTRIBUTOR")


def test_open_invitation_stores_no_email(company, client):
    invitation = make_invitation(company)
    client.post(page(invitation, "connect"), answers())
    assert Connection.objects.get().verified_email is None


def meeting(invitation, change, proof):
    """Result of a submission that has to wait for `change`."""

    def submit():
        try:
            return type(redeem(invitation, proof))
        except (ProofRequired, InvitationRevoked) as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            change(invitation)
            submission = threads.submit(submit)
            wait_for_a_lock()
        return submission.result()


CHANGES = {
    "revoked": (lambda invitation: revoke_invitation(invitation, by=SYSTEM), InvitationRevoked),
    "taken off": (lambda invitation: update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN]), ProofRequired),
    "rotated": (lambda invitation: rotate_invitation(invitation, by=SYSTEM), ProofRequired),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("change", "outcome"), CHANGES.values(), ids=CHANGES)
def test_submission_waits_for_a_change(change, outcome):
    invitation = restricted()
    proof, _ = create_proof(invitation)
    assert meeting(invitation, change, proof) is outcome
    assert not Connection.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_harmless_change_lets_submission_through():
    invitation = restricted()
    proof, _ = create_proof(invitation)
    change = meeting(invitation, lambda it: update_invitation(it, by=SYSTEM, message="Hello"), proof)
    assert change is Connection


@pytest.mark.django_db(transaction=True)
def test_second_use_of_link_waits():
    invitation = restricted()
    link = PersonalLink.objects.filter(delivery__email=ANNA).get()

    def press():
        try:
            return type(use_personal_link(invitation, link, secret=None))
        except LinkUsedInAnotherBrowser as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            create_proof(invitation)
            late = threads.submit(press)
            wait_for_a_lock()
        assert late.result() is LinkUsedInAnotherBrowser
    assert EmailProof.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_browsers_use_link_once():
    invitation = restricted()
    link = PersonalLink.objects.filter(delivery__email=ANNA).get()

    def press(_):
        try:
            return Client().post(f"/p/i/{link.token}/accept_link").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        assert sorted(threads.map(press, range(10))) == [200] * 9 + [302]
    assert EmailProof.objects.count() == 1
    assert invitation.events.filter(type=EventType.EMAIL_VERIFIED).count() == 1
