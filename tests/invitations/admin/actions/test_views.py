"""Every action asks first, changes, is logged, and shows what the service refused."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from companies.actors import SYSTEM
from invitations.admin.actions import ACTIONS
from invitations.models import Invitation
from invitations.models.status import Status
from invitations.services.invitations import revoke_invitation
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.actions.pages import BEN, POSTS, WRONG, errors, new_events, press, stored
from tests.invitations.admin.pages import NO_ID, address, in_every_status, limited_to, may, page_of, words

EVENTS = {
    "correct": ["UPDATED", "RESENT"],
    "resend": ["RESENT"],
    "extend": ["UPDATED"],
    "limits": ["UPDATED"],
    "reminders": ["UPDATED"],
    "rotate": ["ROTATED"],
}
# test_requests
OF_REQUESTS = {"approve", "refuse"}


def test_every_action_is_tested():
    assert set(ACTIONS) - OF_REQUESTS == set(POSTS) == set(EVENTS)


def test_get_asks_and_changes_nothing(admin_client, invitation):
    for name in ACTIONS:
        response = admin_client.get(address(name, invitation))
        page = words(response)
        assert f"<h1>{response.context['form'].title}</h1>" in page
        assert "anna@exmaple.com and 1 more" in page[page.index("<h1>") :]
        assert "The link stays" in page or "link" in page
        assert invitation.token not in page
    assert stored(invitation).updated_at == invitation.updated_at
    assert new_events(invitation) == []


@pytest.mark.parametrize("name", POSTS)
def test_post_changes_and_logs_the_user(admin_client, invitation, staff, name):
    response = press(admin_client, invitation, name)

    assert response.url == address("change", invitation)
    assert [event.type for event in new_events(invitation)] == EVENTS[name]
    assert {event.actor_name for event in new_events(invitation)} == {"Mary Okafor"}
    entry = LogEntry.objects.get()
    logged = {"resend": "Mailed."}.get(name) or ACTIONS[name].logged
    assert (entry.user, entry.object_id, entry.change_message) == (staff, str(invitation.pk), logged)
    assert '<li class="success">' in page_of(admin_client, invitation)


def test_actions_need_the_change_permission(client, invitation):
    client.force_login(may("view_invitation", "add_invitation"))

    page = page_of(client, invitation)
    for name, data in POSTS.items():
        assert client.get(address(name, invitation)).status_code == 403
        assert client.post(address(name, invitation), data).status_code == 403
        assert address(name, invitation) not in page
    assert "following__buttons" not in page
    assert new_events(invitation) == []


def test_change_permission_is_enough(client, invitation):
    client.force_login(may("view_invitation", "change_invitation"))

    page = page_of(client, invitation)
    assert [name for name in POSTS if f'href="{address(name, invitation)}"' not in page] == []
    assert press(client, invitation, "extend").status_code == 302


def test_invitation_of_another_company_is_not_found(client, company):
    client.force_login(limited_to(company, perms=["view_invitation", "change_invitation"]))
    other = make_invitation(CompanyFactory(), allowed_emails=[WRONG, BEN])

    for name, data in POSTS.items():
        for url in (address(name, other), reverse(f"admin:invitations_invitation_{name}", args=[NO_ID])):
            assert (url, client.get(url).status_code) == (url, 404)
            assert (url, client.post(url, data).status_code) == (url, 404)
    assert new_events(other) == []


def test_error_of_the_service_is_shown(admin_client, invitation):
    revoke_invitation(invitation, by=SYSTEM)

    for name in POSTS:
        response = press(admin_client, invitation, name)
        assert list(errors(response)) == ["__all__"]
        assert "Nothing was changed." in words(response)
    assert [event.type for event in new_events(invitation)] == ["REVOKED"]
    assert not LogEntry.objects.exists()


def test_buttons_depend_on_the_status(admin_client, company):
    invitations = in_every_status(company)
    Invitation.objects.update(allowed_emails=[BEN])

    def names(invitation):
        context = admin_client.get(address("change", invitation)).context
        shown = [*context["buttons"], *filter(None, [context["best_button"]])]
        return sorted(button.name for button in shown)

    assert {status: names(invitation) for status, invitation in invitations.items()} == {
        Status.ACTIVE: ["correct", "extend", "limits", "reminders", "resend", "revoke", "rotate"],
        Status.EXPIRED: ["extend", "limits", "reminders", "revoke", "rotate"],
        Status.FULFILLED: ["limits", "revoke", "rotate"],
        Status.REVOKED: ["new"],
    }


def test_open_invitation_has_no_mail_buttons(admin_client, company):
    page = page_of(admin_client, make_invitation(company))

    assert "Mail again" not in page
    assert "Correct an address" not in page


def test_link_is_replaced(admin_client, client, invitation):
    press(admin_client, invitation, "rotate")

    assert stored(invitation).token != invitation.token
    assert stored(invitation).url in page_of(admin_client, invitation)
    assert client.get(f"/p/i/{invitation.token}").status_code == 404
