"""A correction needs an address that is still allowed."""

import pytest
from django.test import Client

from companies.actors import SYSTEM
from invitations.exceptions import AddressRemoved
from invitations.models import EmailProof, Invitation
from invitations.services.invitations import create_repair_invitation, rotate_invitation, update_invitation
from invitations.services.repairs import correct_credentials
from tests.factories import make_connection, make_invitation
from tests.invitations.answers import page, saved
from tests.invitations.contributor.steps import ANNA, BEN
from tests.invitations.repairs import NEW, create_proof, found, has_form, login, opened, read, rows

pytestmark = pytest.mark.django_db


ELSEWHERE = "The invitation does not include the email address you used here any more"


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA, BEN], max_uses=1)


@pytest.fixture
def refused(client, invitation):
    """Anna's connection, whose login the provider refused."""
    create_proof(client, invitation, ANNA)
    return found(saved(client, invitation))


def allow(invitation, *emails):
    update_invitation(invitation, by=SYSTEM, allowed_emails=emails)


def correct(client, invitation, *, use=None, **filled):
    return client.post(page(invitation, "correct", use=use), login(**filled))


def test_correction_logs_email_and_invitation(client, invitation, refused):
    allow(invitation, ANNA)
    assert has_form(read(client.get(page(invitation, "done"))))
    assert correct(client, invitation)["Location"] == page(invitation, "done")
    assert opened(refused)["password"] == NEW
    line = refused.events.get(type="CREDENTIALS_CHANGED")
    assert (line.actor, line.email, line.detail) == ("CONTRIBUTOR", ANNA, {"invitationId": str(invitation.pk)})
    assert refused.events.filter(detail__to="PENDING").get().email == ANNA


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
def test_removed_address_corrects_nothing(client, invitation, refused, filled):
    allow(invitation, BEN)
    before = rows()
    content = read(correct(client, invitation, **filled), 410)
    assert "The login cannot be changed here any more" in content
    assert ELSEWHERE in content
    assert rows() == before


@pytest.mark.parametrize("name", ["done", "state"])
def test_removed_address_is_offered_no_form(client, invitation, refused, name):
    allow(invitation, BEN)
    content = read(client.get(page(invitation, name)))
    assert ELSEWHERE in content
    assert "then type them again" not in content
    assert not has_form(content)


def test_later_proof_does_not_correct(client, invitation, refused):
    create_proof(client, invitation, BEN)
    allow(invitation, BEN)
    before = rows()
    read(correct(client, invitation), 410)
    assert rows() == before


def test_each_browser_answers_for_its_address(client, company):
    """Two people repair through one invitation. Each may correct only their own login."""
    connection = found(make_connection(company))
    invitation, bobs = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA, BEN]), Client()
    for browser, email in ((client, ANNA), (bobs, BEN)):
        create_proof(browser, invitation, email)
        browser.post(page(invitation, "connect"), login(password=email))
    found(connection)
    allow(invitation, BEN)
    annas_use, bobs_use = invitation.uses.order_by("pk")
    read(correct(client, invitation, use=annas_use), 410)
    read(correct(client, invitation, use=bobs_use), 409)
    assert opened(connection)["password"] == BEN
    assert correct(bobs, invitation, use=bobs_use).status_code == 302
    assert opened(connection)["password"] == NEW


def test_unverified_login_is_not_corrected_when_restricted(client, company):
    invitation = make_invitation(company)
    found(saved(client, invitation))
    allow(invitation, BEN)
    before = rows()
    assert not has_form(read(client.get(page(invitation, "done"))))
    read(correct(client, invitation), 410)
    assert rows() == before


def test_opened_invitation_accepts_correction(client, invitation, refused):
    allow(invitation)
    assert correct(client, invitation).status_code == 302
    assert opened(refused)["password"] == NEW


def test_domain_rule_accepts_correction(client, invitation, refused):
    allow(invitation, "*@example.com")
    assert correct(client, invitation).status_code == 302
    assert opened(refused)["password"] == NEW


def test_result_cookie_outlives_proof(client, invitation, refused):
    EmailProof.objects.all().delete()
    assert correct(client, invitation).status_code == 302
    assert opened(refused)["password"] == NEW


def test_rotated_link_keeps_correction(client, invitation, refused):
    rotate_invitation(invitation, by=SYSTEM)
    fresh = Invitation.objects.get(pk=invitation.pk)
    assert client.post(page(invitation, "correct"), login()).status_code == 404
    assert correct(client, fresh).status_code == 302


def test_service_checks_stored_addresses(invitation, refused):
    allow(invitation, BEN)
    before = rows()
    for email in (ANNA, None):
        with pytest.raises(AddressRemoved) as refusal:
            correct_credentials(invitation, refused, credentials={"username": "u", "password": NEW}, email=email)
    assert (refusal.value.status, refusal.value.code) == (409, "ADDRESS_REMOVED")
    assert rows() == before


def test_repair_logs_email_and_invitation(client, company):
    connection = found(make_connection(company))
    invitation = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA])
    create_proof(client, invitation, ANNA)
    client.post(page(invitation, "connect"), login())
    line = connection.events.get(type="CREDENTIALS_CHANGED")
    assert (line.email, line.detail) == (ANNA, {"invitationId": str(invitation.pk)})


def test_correction_without_proof_logs_invitation(client, company):
    invitation = make_invitation(company)
    connection = found(saved(client, invitation))
    correct(client, invitation)
    line = connection.events.get(type="CREDENTIALS_CHANGED")
    assert (line.email, line.detail) == (None, {"invitationId": str(invitation.pk)})
