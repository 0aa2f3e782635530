from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models import Connection, Credential
from connections.models.status import Status
from connections.services.connections import report_status
from connections.services.credentials import read_credentials
from invitations.exceptions import (
    InvitationExpired,
    InvitationFulfilled,
    InvitationRevoked,
    NothingToCorrect,
    ProofRequired,
    SavedBefore,
)
from invitations.models import EmailProof, Invitation, Use
from invitations.services.invitations import create_repair_invitation, revoke_invitation, update_invitation
from invitations.services.repairs import correct_credentials, repair_connection
from tests.factories import SiteFactory, make_connection, make_invitation
from tests.invitations.consents import CONSENT
from tests.invitations.repairs import WANTED

pytestmark = pytest.mark.django_db

OLD = {"username": "riverside", "password": "the old one"}
NEW = {"username": "riverside-2", "password": "the new one"}


@pytest.fixture
def connection(company):
    site = SiteFactory(company=company)
    made = make_connection(
        company, credentials=OLD, sites=[site], utility_types=["GAS"], verified_email="a@example.com"
    )
    return report_status(made, Status.PASSWORD_INCORRECT, by=SYSTEM, error_detail="The site said no.")


def invite(connection, **terms):
    return create_repair_invitation(connection, by=SYSTEM, **terms)


def repair(invitation, **changes):
    return repair_connection(invitation, **{"form_id": uuid4(), "credentials": NEW, "consent": CONSENT} | changes)


def create_proof(invitation, email, **lasting):
    expires_at = timezone.now() + timedelta(**lasting or {"hours": 1})
    return EmailProof.objects.create(
        invitation=invitation, email=email, secret_hash=uuid4().bytes, expires_at=expires_at
    )


def credentials_of(connection):
    return read_credentials(connection, by=SYSTEM)


def facts(connection):
    """All data that a repair could change."""
    row = Connection.objects.values().get(pk=connection.pk)
    events = list(connection.events.values_list("type", flat=True))
    return row, bytes(Credential.objects.get(connection=connection).encrypted), events, Use.objects.count()


# --- by a repair invitation


def test_repair_changes_credentials_only(connection):
    before = Connection.objects.values().get()
    sites, history = list(connection.sites.all()), list(connection.events.order_by("pk"))

    repaired = repair(invite(connection))

    after = Connection.objects.values().get()
    touched = {name for name in after if after[name] != before[name]}
    assert touched == {"status", "status_error_detail", "status_changed_at", "updated_at"}
    assert (repaired.pk, after["status"], after["status_error_detail"]) == (connection.pk, "PENDING", None)
    assert list(connection.sites.all()) == sites
    assert list(connection.events.order_by("pk"))[: len(history)] == history
    assert credentials_of(connection) == (NEW, 2)


def test_repair_spends_a_use(connection):
    invitation = invite(connection, max_uses=2)

    repair(invitation)

    invitation.refresh_from_db()
    use = Use.objects.get()
    assert (invitation.use_count, invitation.status, use.connection) == (1, "ACTIVE", None)
    line = invitation.events.get(type="USED")
    assert (line.actor, line.detail) == (
        "CONTRIBUTOR",
        {"connectionId": str(connection.pk), "consent": CONSENT._asdict()},
    )
    assert (use.consent_version, use.consent_language) == CONSENT
    assert connection.events.filter(type="CREDENTIALS_CHANGED", actor="CONTRIBUTOR").count() == 1


def test_last_repair_fulfils_the_invitation(connection):
    invitation = invite(connection, max_uses=1)

    repair(invitation)

    invitation.refresh_from_db()
    assert invitation.status == "FULFILLED"
    assert invitation.events.filter(type="FULFILLED").count() == 1


def test_same_form_repairs_once(connection):
    invitation, form_id = invite(connection, max_uses=1), uuid4()

    repair(invitation, form_id=form_id)
    again = repair(invitation, form_id=form_id)
    with pytest.raises(SavedBefore):
        repair(invitation, form_id=form_id, credentials=OLD)

    assert again.pk == connection.pk
    assert credentials_of(connection) == (NEW, 2)
    assert Use.objects.count() == 1


def test_repair_stores_the_verified_email(connection):
    invitation = invite(connection, allowed_emails=["b@example.com"])

    repair(invitation, proof=create_proof(invitation, "b@example.com"))

    connection.refresh_from_db()
    assert connection.verified_email == "b@example.com"
    assert invitation.events.get(type="USED").email == "b@example.com"


def test_connected_connection_can_be_repaired(connection):
    report_status(connection, Status.CONNECTED, by=SYSTEM)

    assert repair(invite(connection)).status == Status.PENDING


def expired(invitation):
    long_ago = timezone.now() - timedelta(days=2)
    ended = long_ago + timedelta(days=1)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=long_ago, expires_at=ended)


def used_up(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=1, use_count=1)


CLOSED = {
    "revoked": (lambda invitation: revoke_invitation(invitation, by=SYSTEM), InvitationRevoked),
    "expired": (expired, InvitationExpired),
    "used up": (used_up, InvitationFulfilled),
}


@pytest.mark.parametrize(("close", "refusal"), CLOSED.values(), ids=CLOSED)
def test_closed_invitation_repairs_nothing(connection, close, refusal):
    invitation = invite(connection)
    close(invitation)
    before = facts(connection)

    with pytest.raises(refusal):
        repair(invitation)

    assert facts(connection) == before


def proof_of_another_invitation(invitation):
    return create_proof(make_invitation(invitation.company, allowed_emails=["b@example.com"]), "b@example.com")


def proof_of_a_removed_address(invitation):
    proof = create_proof(invitation, "b@example.com")
    update_invitation(invitation, by=SYSTEM, allowed_emails=["c@example.com"])
    return proof


UNPROVED = {
    "none": lambda _: None,
    "of another invitation": proof_of_another_invitation,
    "of another address": lambda invitation: create_proof(invitation, "z@example.com"),
    "too old": lambda invitation: create_proof(invitation, "b@example.com", seconds=-1),
    "of an address that was removed": proof_of_a_removed_address,
}


@pytest.mark.parametrize("proof", UNPROVED.values(), ids=UNPROVED)
def test_restricted_repair_needs_its_proof(connection, proof):
    invitation = invite(connection, allowed_emails=["b@example.com"])
    shown = proof(invitation)
    before = facts(connection)

    with pytest.raises(ProofRequired):
        repair(invitation, proof=shown)

    assert facts(connection) == before


# --- by an immediate correction


@pytest.mark.parametrize("status", [Status.PASSWORD_INCORRECT, Status.MFA_TOKEN_EXPIRED])
def test_correction_spends_no_use(connection, status):
    invitation = make_invitation(connection.company)
    Connection.objects.update(status=status)

    wanted = WANTED.get(status, {})
    corrected = correct_credentials(invitation, connection, credentials=NEW | wanted)

    assert corrected.status == Status.PENDING
    assert credentials_of(connection) == (NEW | wanted, 2)
    invitation.refresh_from_db()
    assert (invitation.use_count, Use.objects.count()) == (0, 0)
    assert connection.events.filter(type="CREDENTIALS_CHANGED", actor="CONTRIBUTOR").count() == 1


@pytest.mark.parametrize("status", [Status.PENDING, Status.WEBSITE_DOWN])
def test_unrepairable_status_cannot_be_corrected(connection, status):
    Connection.objects.update(status=status)
    before = facts(connection)

    with pytest.raises(NothingToCorrect):
        correct_credentials(make_invitation(connection.company), connection, credentials=NEW)

    assert facts(connection) == before


def test_used_up_invitation_allows_correction(connection):
    invitation = invite(connection, max_uses=1)
    repair(invitation)
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)

    correct_credentials(invitation, connection, credentials=OLD)

    assert credentials_of(connection) == (OLD, 3)
    invitation.refresh_from_db()
    assert invitation.use_count == 1


def test_revoked_invitation_allows_no_correction(connection):
    invitation = make_invitation(connection.company)
    revoke_invitation(Invitation.objects.get(pk=invitation.pk), by=SYSTEM)
    before = facts(connection)

    with pytest.raises(InvitationRevoked):
        correct_credentials(invitation, connection, credentials=NEW)

    assert facts(connection) == before
