"""Without a proof of an address, a restricted invitation stays closed."""

from uuid import uuid4

import pytest
from django.test import Client

from companies.actors import SYSTEM
from invitations.models import Invitation, InvitationEvent, Use
from invitations.services.invitations import create_repair_invitation
from tests.factories import make_invitation
from tests.invitations.answers import answers, page, saved, stored, submit
from tests.invitations.contributor.steps import ANNA
from tests.invitations.repairs import create_proof, login, rows

pytestmark = pytest.mark.django_db


ALLOWED = "allowed@example.com"


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_restricted_invitation_redirects_to_verify(client, company, method):
    invitation = make_invitation(company, allowed_emails=[ALLOWED])
    response = getattr(client, method)(page(invitation, "connect"))
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))


def test_restricted_pages_hide_allowed_emails(client, company):
    invitation = make_invitation(company, allowed_emails=[ALLOWED])
    for name in ("", "verify", "done"):
        assert ALLOWED not in client.get(page(invitation, name)).content.decode()


FORGED = {
    "nothing more": ({}, {}, {}),
    "the address": ({"email": ALLOWED, "owner_email": ALLOWED, "verified_email": ALLOWED}, {}, {}),
    "a proof": ({"proof": str(uuid4()), "code": "000000", "secret": "x" * 43, "verified": "on"}, {}, {}),
    "in the query": ({}, {"email": ALLOWED, "proof": "1", "code": "000000", "link": "x" * 43}, {}),
    "in headers": ({}, {}, {"X-Verified-Email": ALLOWED, "X-Forwarded-User": ALLOWED, "From": ALLOWED}),
    "the API's": ({"allowedEmails": "", "allowed_emails": "", "is_restricted": ""}, {}, {}),
    "another method": ({"_method": "PUT"}, {}, {"X-HTTP-Method-Override": "GET"}),
}


@pytest.mark.parametrize(("fields", "query", "headers"), FORGED.values(), ids=FORGED)
def test_forged_proof_stores_nothing(client, company, fields, query, headers):
    invitation = make_invitation(company, allowed_emails=[ALLOWED])
    client.cookies[f"proof-{invitation.pk.hex}"] = "x" * 43
    client.cookies["proof"] = client.cookies["result"] = client.cookies["session"] = "x" * 43
    response = client.post(page(invitation, "connect"), answers(**fields), query_params=query, headers=headers)
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))
    assert stored() == [0, 0, 0]
    assert not InvitationEvent.objects.exclude(type__in=["CREATED", "VIEWED"]).exists()


def test_other_invitation_gives_no_proof(client, company):
    open_to_all, restricted = make_invitation(company), make_invitation(company, allowed_emails=[ALLOWED])
    form_id = str(uuid4())
    saved(client, open_to_all, form_id=form_id)
    response = submit(client, restricted, form_id=form_id)
    assert response["Location"] == page(restricted, "verify")
    assert Use.objects.filter(invitation=restricted).count() == 0


def test_restriction_stops_open_form(client, company):
    invitation = make_invitation(company)
    assert client.get(page(invitation, "connect")).status_code == 200
    Invitation.objects.filter(pk=invitation.pk).update(allowed_emails=[ALLOWED])
    assert submit(client, invitation)["Location"] == page(invitation, "verify")
    assert stored() == [0, 0, 0]


def test_staff_need_a_proof_too(company, django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("staff@example.com", "correct horse battery"))
    invitation = make_invitation(company, allowed_emails=["staff@example.com"])
    assert submit(client, invitation)["Location"] == page(invitation, "verify")
    assert stored() == [0, 0, 0]


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_restricted_repair_redirects_to_verify(client, broken, method):
    invitation = create_repair_invitation(broken, by=SYSTEM, allowed_emails=[ANNA])
    before = rows()
    response = getattr(client, method)(page(invitation, "connect"), login())
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))
    assert rows() == before


def test_restricted_repair_stores_verified_email(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, allowed_emails=[ANNA])
    create_proof(client, invitation, ANNA)
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    broken.refresh_from_db()
    assert broken.verified_email == ANNA
