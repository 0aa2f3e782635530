"""Staff invite; what the service refuses is said on the field."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from invitations.models import Invitation
from tests.invitations.admin.pages import NO_ID, address, may


def invite(client, company, **fields):
    data = {"company": company.pk, "expires_in": "14", "max_uses": "1"} | fields.pop("instead", {}) | fields
    return client.post(reverse("admin:invitations_invitation_add"), data)


def test_staff_invite(admin_client, company, staff):
    response = invite(
        admin_client, company, allowed_emails="Anna@Example.com,\n bert@example.com", message="Hello", external_id="7"
    )

    invitation = Invitation.objects.get()
    assert response.url == address("change", invitation)
    assert (invitation.company, invitation.message, invitation.external_id) == (company, "Hello", "7")
    assert (invitation.allowed_emails, invitation.max_uses) == (["anna@example.com", "bert@example.com"], 1)
    assert invitation.expires_at - invitation.created_at == timedelta(days=14)
    assert [(event.type, event.user) for event in invitation.events.all()] == [("CREATED", staff)]
    assert LogEntry.objects.get().object_id == str(invitation.pk)


def test_an_invitation_may_be_for_anyone_for_ever_without_limit(admin_client, company):
    invite(admin_client, company, expires_in="", max_uses="")

    invitation = Invitation.objects.get()
    assert (invitation.allowed_emails, invitation.expires_at, invitation.max_uses) == ([], None, None)
    assert (invitation.message, invitation.external_id) == (None, None)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("allowed_emails", "anna@example.com nonsense", "nonsense – This is not an e-mail address."),
        ("allowed_emails", "\n".join(f"{n}@example.com" for n in range(101)), "At most 100 addresses."),
        ("max_uses", "0", "The number of uses is between 1 and 1,000,000."),
        ("max_uses", "many", "Enter a whole number."),
        ("expires_in", "9", "Select a valid choice. 9 is not one of the available choices."),
        ("message", "x" * 2001, "Ensure this value has at most 2000 characters (it has 2001)."),
        ("company", NO_ID, "Select a valid choice. That choice is not one of the available choices."),
        ("company", "", "This field is required."),
    ],
)
def test_what_does_not_hold_is_said_on_its_field(admin_client, company, field, value, said):
    response = invite(admin_client, company, instead={field: value})

    assert response.context["adminform"].form.errors == {field: [said]}
    assert not Invitation.objects.exists()
    assert not LogEntry.objects.exists()


def test_whoever_may_only_look_cannot_invite(client, company):
    client.force_login(may("view_invitation"))

    assert invite(client, company).status_code == 403
    assert not Invitation.objects.exists()


def test_whoever_may_invite_invites(client, company):
    client.force_login(may("add_invitation", "view_invitation"))

    assert invite(client, company).status_code == 302
    assert Invitation.objects.exists()
