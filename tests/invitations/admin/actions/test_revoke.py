"""Staff revoke one or several invitations, after a question and with a reason."""

import pytest
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from config.admin import revoke
from invitations.admin.titles import invitation_title
from invitations.models import EventType, Invitation, InvitationEvent
from invitations.models.status import Status
from tests.factories import make_invitation
from tests.invitations.admin.pages import LIST, address, may, page_of, words


def test_revoke_asks_first(admin_client, company):
    invitation = make_invitation(company)

    page = words(admin_client.get(address("revoke", invitation)))
    assert "This cannot be undone." in page
    assert f"<h1>Revoke {invitation_title(invitation)}?</h1>" in page
    assert f'<a href="{address("change", invitation)}">{invitation_title(invitation)}</a>\n    &rsaquo; Revoke' in page
    invitation.refresh_from_db()
    assert invitation.status == Status.ACTIVE


def test_revoke_stores_reason_and_user(admin_client, company, staff):
    invitation = make_invitation(company)

    response = admin_client.post(address("revoke", invitation), {"reason": "Wrong person"})

    assert response.url == address("change", invitation)
    invitation.refresh_from_db()
    assert invitation.status == Status.REVOKED
    event = invitation.events.get(type=EventType.REVOKED)
    assert (event.actor_name, event.detail) == ("Mary Okafor", {"reason": "Wrong person"})
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.is_change()) == (staff, str(invitation.pk), True)
    assert f"{invitation_title(invitation)}: revoked." in page_of(admin_client, invitation)


def test_reason_is_optional(admin_client, company):
    invitation = make_invitation(company)

    admin_client.post(address("revoke", invitation))

    assert invitation.events.get(type=EventType.REVOKED).detail == {}


def test_invalid_reason_revokes_nothing(admin_client, company):
    invitation = make_invitation(company)

    page = words(admin_client.post(address("revoke", invitation), {"reason": "x" * 501}))
    assert "at most 500" in page
    assert "Nothing was changed." in page
    assert "U+202E" in words(admin_client.post(address("revoke", invitation), {"reason": "live\u202e"}))
    invitation.refresh_from_db()
    assert invitation.status == Status.ACTIVE


def test_second_revoke_changes_nothing(admin_client, company):
    invitation = make_invitation(company)
    for _ in range(2):
        admin_client.post(address("revoke", invitation), {"reason": "Wrong person"})

    assert invitation.events.filter(type=EventType.REVOKED).count() == 1
    assert LogEntry.objects.count() == 1
    assert "revokelink" not in page_of(admin_client, invitation)


def chosen(*invitations, **more):
    return {"action": "revoke_selected", "_selected_action": [each.pk for each in invitations], **more}


def test_list_action_revokes_the_chosen(admin_client, company):
    first, second, other = (make_invitation(company) for _ in range(3))

    assert "Revoke 2 invitations?" in words(admin_client.post(reverse(LIST), chosen(first, second)))
    assert not Invitation.objects.in_status(Status.REVOKED).exists()

    admin_client.post(reverse(LIST), chosen(first, second, confirmed="yes", reason="Spring cleaning"))
    assert set(Invitation.objects.in_status(Status.REVOKED)) == {first, second}
    assert [event.detail for each in (first, second) for event in each.events.filter(type="REVOKED")] == [
        {"reason": "Spring cleaning"}
    ] * 2
    assert LogEntry.objects.count() == 2
    assert other.status == Status.ACTIVE


def test_list_action_revokes_all_or_none(admin_client, company, monkeypatch):
    """The log fails for the second invitation: the first one stays active."""
    first, second = make_invitation(company), make_invitation(company)
    noted = iter([None])
    monkeypatch.setattr(ModelAdmin, "log_change", lambda *args: next(noted))

    with pytest.raises(StopIteration):
        admin_client.post(reverse(LIST), chosen(first, second, confirmed="yes"))

    assert not Invitation.objects.in_status(Status.REVOKED).exists()
    assert not InvitationEvent.objects.filter(type=EventType.REVOKED).exists()


def test_list_action_has_a_limit(admin_client, company, monkeypatch):
    monkeypatch.setattr(revoke, "MOST_AT_ONCE", 2)
    three = [make_invitation(company) for _ in range(3)]

    response = admin_client.post(reverse(LIST), chosen(*three, confirmed="yes"), follow=True)

    assert "At most 2 can be revoked at once." in words(response)
    assert not Invitation.objects.in_status(Status.REVOKED).exists()


def test_revoke_needs_the_change_permission(client, company):
    invitation = make_invitation(company)
    client.force_login(may("view_invitation", "add_invitation"))

    assert "revokelink" not in page_of(client, invitation)
    assert client.get(address("revoke", invitation)).status_code == 403
    assert client.post(address("revoke", invitation)).status_code == 403
    client.post(reverse(LIST), chosen(invitation, confirmed="yes"))
    invitation.refresh_from_db()
    assert invitation.status == Status.ACTIVE


def test_change_permission_is_enough(client, company):
    invitation = make_invitation(company)
    client.force_login(may("view_invitation", "change_invitation"))

    client.post(address("revoke", invitation))

    invitation.refresh_from_db()
    assert invitation.status == Status.REVOKED
