"""Without a proof of address nobody passes a restricted invitation."""

from uuid import uuid4

import pytest
from django.test import Client

from invitations.models import Invitation, InvitationEvent, Use
from tests.factories import make_invitation
from tests.invitations.answers import answers, page, saved, stored, submit

pytestmark = pytest.mark.django_db

ALLOWED = "allowed@example.com"


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_restricted_invitation_stops_before_the_form(client, company, method):
    invitation = make_invitation(company, allowed_emails=[ALLOWED])
    response = getattr(client, method)(page(invitation, "connect"))
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))


def test_a_restricted_invitation_never_shows_who_is_on_its_list(client, company):
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
def test_without_a_proof_no_post_passes(client, company, fields, query, headers):
    invitation = make_invitation(company, allowed_emails=[ALLOWED])
    client.cookies[f"proof-{invitation.pk.hex}"] = "x" * 43
    client.cookies["proof"] = client.cookies["result"] = client.cookies["session"] = "x" * 43
    response = client.post(page(invitation, "connect"), answers(**fields), query_params=query, headers=headers)
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))
    assert stored() == [0, 0, 0]
    assert not InvitationEvent.objects.exclude(type__in=["CREATED", "VIEWED"]).exists()


def test_what_another_invitation_gave_does_not_pass(client, company):
    open_to_all, restricted = make_invitation(company), make_invitation(company, allowed_emails=[ALLOWED])
    form_id = str(uuid4())
    saved(client, open_to_all, form_id=form_id)
    response = submit(client, restricted, form_id=form_id)
    assert response["Location"] == page(restricted, "verify")
    assert Use.objects.filter(invitation=restricted).count() == 0


def test_restricted_in_the_meantime_stops_the_open_form(client, company):
    invitation = make_invitation(company)
    assert client.get(page(invitation, "connect")).status_code == 200
    Invitation.objects.filter(pk=invitation.pk).update(allowed_emails=[ALLOWED])
    assert submit(client, invitation)["Location"] == page(invitation, "verify")
    assert stored() == [0, 0, 0]


def test_staff_have_no_way_around(company, django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("staff@example.com", "correct horse battery"))
    invitation = make_invitation(company, allowed_emails=["staff@example.com"])
    assert submit(client, invitation)["Location"] == page(invitation, "verify")
    assert stored() == [0, 0, 0]
