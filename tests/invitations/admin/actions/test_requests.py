"""Approve or refuse a request for a new link, on the page of the invitation."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.admin.dashboard.attention import Attention, attention_condition
from invitations.models import Invitation, LinkRequest
from invitations.services.invitations import revoke_invitation
from invitations.services.link_requests.ask import request_link
from tests.factories import make_invitation
from tests.invitations.admin.pages import address, listed, may, page_of, words
from tests.invitations.repairs import expire

pytestmark = pytest.mark.django_db

ANNA = "anna@example.com"


@pytest.fixture
def asked(company):
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True)
    expire(invitation)
    request_link(Invitation.objects.get(pk=invitation.pk), delivery=invitation.deliveries.get())
    return invitation


def decision():
    return LinkRequest.objects.get().decision


def test_one_click_approves(admin_client, asked):
    page = page_of(admin_client, asked)
    assert f"{ANNA} asks for a new link." in page
    (target,) = re.findall(r'<form method="post" action="([^"]+/approve/)"', page)
    for name in ("approve", "refuse"):
        words(admin_client.get(address(name, asked)))
    assert decision() is None  # a GET decides nothing

    page = words(admin_client.post(target, follow=True))

    assert "Approved. The link works again until" in page
    assert asked.expires_at is None
    assert Invitation.objects.get(pk=asked.pk).expires_at > timezone.now()
    assert decision() == "APPROVED"
    assert LogEntry.objects.latest("pk").change_message == "Request for a new link approved."
    assert "asks for a new link" not in page


def test_refusal_leaves_the_link(admin_client, asked):
    assert "Refused." in words(admin_client.post(address("refuse", asked), follow=True))
    assert decision() == "REFUSED"
    assert Invitation.objects.get(pk=asked.pk).status == "EXPIRED"


def test_late_decision_says_why(admin_client, asked):
    admin_client.post(address("refuse", asked))
    assert "answered before" in words(admin_client.post(address("approve", asked)))
    revoke_invitation(asked, by=SYSTEM)
    assert "was revoked" in words(admin_client.post(address("approve", asked)))


def test_decision_needs_permission(client, asked):
    client.force_login(may("view_invitation"))
    page = page_of(client, asked)
    assert "asks for a new link" in page
    assert "/approve/" not in page
    assert client.post(address("approve", asked)).status_code == 403
    assert decision() is None


def test_undecided_requests_need_attention(admin_client, asked, company):
    make_invitation(company)
    assert listed(admin_client, attention="link_requested") == [asked]
    assert "New link asked for" in words(admin_client.get("/admin/"))
    revoke_invitation(asked, by=SYSTEM)
    assert not Invitation.objects.filter(attention_condition(Attention.LINK_REQUESTED))
