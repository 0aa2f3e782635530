"""Simulated steps of test invitations: the same checks and events as the real ones."""

from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from config.exceptions import InvalidField, NotFound
from connections.models import ExtraCredential
from connections.models.status import Status
from connections.services.connections import report_status
from connections.services.credentials import read_credentials
from connections.services.sandbox import ensure_demanding_sandbox
from invitations.exceptions import InvitationExpired, InvitationFulfilled, ProofRequired
from invitations.models import InvitationEvent, VerificationCode
from invitations.services import simulation
from invitations.services.invitations import create_repair_invitation
from invitations.services.rate_limits import count_attempt
from invitations.services.simulation import (
    advance,
    simulate_bounce,
    simulate_submission,
    simulate_verification,
    simulate_view,
)
from invitations.services.verification.codes import request_code
from tests.factories import CompanyFactory, SiteFactory, make_connection, make_invitation

ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture
def company(db):
    return CompanyFactory(is_live=False)


def submit(invitation, **fields):
    return simulate_submission(invitation, **{"credentials": {}} | fields)


def logged(invitation):
    return list(InvitationEvent.objects.filter(invitation=invitation).order_by("pk").values_list("type", "email"))


def refused(act):
    with pytest.raises(InvalidField) as error:
        act()
    return error.value.field[0], error.value.field_code


def test_person_opens_verifies_and_submits(company):
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN], max_uses=2)
    simulate_view(invitation)
    invitation.refresh_from_db()
    simulate_view(invitation)
    with pytest.raises(ProofRequired):
        submit(invitation)
    simulate_verification(invitation, email=" Anna@Example.com ")
    simulate_verification(invitation, email=BEN)

    first, second = submit(invitation), submit(invitation, email=ANNA)

    assert (first.verified_email, second.verified_email, first.owner_email) == (BEN, ANNA, BEN)
    assert first.origin_invitation_id == second.origin_invitation_id == invitation.pk
    assert (first.status, first.url) == (Status.PENDING, simulation.DEMO_LOGIN_PAGE)
    assert logged(invitation) == [
        ("CREATED", None),
        ("VIEWED", None),
        ("EMAIL_VERIFIED", ANNA),
        ("EMAIL_VERIFIED", BEN),
        ("USED", BEN),
        ("USED", ANNA),
        ("FULFILLED", None),
    ]
    with pytest.raises(InvitationFulfilled):
        submit(invitation)


def test_addresses_are_checked(company):
    restricted, anyones = make_invitation(company, allowed_emails=[ANNA]), make_invitation(company)

    assert refused(lambda: simulate_verification(restricted, email=BEN)) == ("email", "not_allowed")
    assert refused(lambda: simulate_verification(anyones, email=BEN)) == ("email", "not_restricted")
    assert refused(lambda: submit(anyones, email=BEN)) == ("email", "not_restricted")
    assert refused(lambda: submit(restricted, email=BEN)) == ("email", "not_allowed")
    assert refused(lambda: simulate_bounce(restricted, email=ANNA)) == ("email", "not_mailed")


def test_form_is_prefilled_and_locked(company):
    provider, site = ensure_demanding_sandbox(), SiteFactory(company=company)
    given = {"datasource_id": provider.pk, "initial_sites": (site.pk,), "country": "GB", "locked_fields": ("country",)}
    invitation = make_invitation(company, prefill=simulation.Prefill(**given))

    connection = submit(invitation, credentials={"username": "works"}, country="DE", utility_types=["GAS"])

    credentials, _ = read_credentials(connection, by=SYSTEM)
    assert (connection.datasource, connection.country, connection.utility_types) == (provider, "GB", ["GAS"])
    assert list(connection.sites.all()) == [site]
    assert credentials["username"] == "works"
    assert credentials.keys() >= set(provider.asks_for)


def test_locked_provider_gets_what_it_asks_for(company):
    provider = ensure_demanding_sandbox()
    prefill = simulation.Prefill(datasource_id=provider.pk, locked_fields=("datasource_id",))
    invitation = make_invitation(company, prefill=prefill)

    connection = submit(invitation, url="https://other.example.com/login")

    assert (connection.datasource, connection.url) == (provider, None)


def test_repair_takes_the_login_only(company):
    connection = make_connection(company, credentials={"username": "old", "password": "old"})
    report_status(connection, Status.MFA_TOKEN_EXPIRED, by=SYSTEM)
    invitation = create_repair_invitation(connection, by=SYSTEM)

    assert refused(lambda: submit(invitation, country="DE")) == ("country", "not_taken")
    repaired = submit(invitation, credentials={"username": "new"})

    credentials, version = read_credentials(repaired, by=SYSTEM)
    assert (repaired, repaired.status, version, credentials["username"]) == (connection, Status.PENDING, 2, "new")
    assert ExtraCredential.AUTHENTICATOR_SEED in credentials
    assert logged(invitation)[-1][0] == "USED"


def test_bounced_mail_is_reported(company):
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True)

    for _ in range(2):
        simulate_bounce(invitation, email=ANNA)

    delivery = invitation.deliveries.get()
    assert (delivery.status, delivery.fault, delivery.last_error) == ("BOUNCED", "ADDRESS", simulation.BOUNCE)
    assert logged(invitation)[1:] == [("SENT", ANNA), ("DELIVERY_FAILED", ANNA)]


def test_clock_moves_all_times(company):
    lifetime = timedelta(days=7)
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True, expires_in=lifetime)
    before = invitation.created_at
    simulate_view(invitation)
    simulate_verification(invitation, email=ANNA)
    request_code(invitation, ANNA, client="visitor")

    advance(invitation, by=timedelta(days=3))
    invitation.refresh_from_db()
    assert invitation.created_at == before - timedelta(days=3)
    assert invitation.expires_at - invitation.created_at == lifetime
    with pytest.raises(ProofRequired):
        submit(invitation)
    assert VerificationCode.objects.get().expires_at < timezone.now()

    advance(invitation, by=timedelta(days=4))
    invitation.refresh_from_db()
    with pytest.raises(InvitationExpired):
        simulate_view(invitation)
    too_far = invitation.created_at - simulation.EARLIEST + timedelta(seconds=1)
    assert refused(lambda: advance(invitation, by=too_far)) == ("seconds", "max_value")


def test_clock_ends_limits_of_invitation(company):
    invitation, other = (make_invitation(company, allowed_emails=[ANNA]) for _ in range(2))

    def is_counted(each):
        return count_attempt(f"resend:{each.pk}", limit=1, per=timedelta(hours=1))

    assert is_counted(invitation)
    assert is_counted(other)
    advance(invitation, by=timedelta(minutes=59))
    assert not is_counted(invitation)
    advance(invitation, by=timedelta(minutes=1))
    assert is_counted(invitation)
    assert not is_counted(other)


def test_clock_has_every_time_of_invitations():
    of_others = {"addresses_erased_at"}
    for model, _, columns in simulation.CLOCK:
        times = {field.name for field in model._meta.concrete_fields if field.get_internal_type() == "DateTimeField"}
        assert times - of_others == set(columns), model


def test_live_invitations_are_never_simulated(db):
    invitation = make_invitation(allowed_emails=[ANNA])
    steps = (
        lambda: simulate_view(invitation),
        lambda: simulate_verification(invitation, email=ANNA),
        lambda: submit(invitation),
        lambda: simulate_bounce(invitation, email=ANNA),
        lambda: advance(invitation, by=timedelta(1)),
    )
    for step in steps:
        with pytest.raises(NotFound):
            step()
    assert logged(invitation) == [("CREATED", None)]
