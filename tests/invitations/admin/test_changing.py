"""The buttons of an invitation: each asks, changes, logs who did it, and says what was refused."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from companies.actors import SYSTEM
from invitations.admin.actions import CHANGES
from invitations.models import Delivery, EventType, Invitation
from invitations.models.status import Status
from invitations.services.invitations import revoke_invitation
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.buttons import BEN, POSTS, RIGHT, WRONG, errors, logged, press, stored
from tests.invitations.admin.pages import NO_ID, address, in_every_status, may, page_of, words

EVENTS = {
    "correct": ["UPDATED", "RESENT"],
    "resend": ["RESENT"],
    "extend": ["UPDATED"],
    "limits": ["UPDATED"],
    "rotate": ["ROTATED"],
}


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[WRONG, BEN], max_uses=2)


def test_every_button_is_tested():
    assert set(CHANGES) == set(POSTS) == set(EVENTS)


@pytest.mark.parametrize("name", POSTS)
def test_a_button_asks_first_and_changes_nothing(admin_client, invitation, name):
    page = words(admin_client.get(address(name, invitation)))

    assert CHANGES[name].title in page
    assert CHANGES[name].consequence in page
    assert invitation.token not in page
    assert stored(invitation).updated_at == invitation.updated_at
    assert logged(invitation) == []


@pytest.mark.parametrize("name", POSTS)
def test_a_button_changes_and_is_logged_with_the_name_of_whoever_pressed_it(admin_client, invitation, staff, name):
    response = press(admin_client, invitation, name)

    assert response.url == address("change", invitation)
    assert [event.type for event in logged(invitation)] == EVENTS[name]
    assert {event.actor_name for event in logged(invitation)} == {"Mary Okafor"}
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (staff, str(invitation.pk), CHANGES[name].logged)
    assert '<li class="success">' in page_of(admin_client, invitation)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", POSTS)
def test_whoever_may_only_look_has_no_buttons(client, invitation, name, method):
    client.force_login(may("view_invitation", "add_invitation"))

    assert getattr(client, method)(address(name, invitation), POSTS[name]).status_code == 403
    assert logged(invitation) == []
    page = page_of(client, invitation)
    assert address(name, invitation) not in page
    assert "following__buttons" not in page


@pytest.mark.parametrize("name", POSTS)
def test_whoever_may_change_invitations_has_them(client, invitation, name):
    client.force_login(may("view_invitation", "change_invitation"))

    assert f'href="{address(name, invitation)}"' in page_of(client, invitation)
    assert press(client, invitation, name).status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", POSTS)
def test_an_invitation_of_another_company_does_not_exist(client, company, name, method):
    user = may("view_invitation", "change_invitation", is_limited=True)
    user.companies.add(company)
    client.force_login(user)
    other = make_invitation(CompanyFactory(), allowed_emails=[WRONG, BEN])

    assert getattr(client, method)(address(name, other), POSTS[name]).status_code == 404
    missing = reverse(f"admin:invitations_invitation_{name}", args=[NO_ID])
    assert getattr(client, method)(missing, POSTS[name]).status_code == 404
    assert logged(other) == []


@pytest.mark.parametrize("name", POSTS)
def test_what_was_revoked_in_the_meantime_is_said(admin_client, invitation, name):
    revoke_invitation(invitation, by=SYSTEM)

    response = press(admin_client, invitation, name)

    assert errors(response) == {"__all__": ["The invitation was revoked and cannot be used any more."]}
    assert "Nothing was changed." in words(response)
    assert [event.type for event in logged(invitation)] == ["REVOKED"]
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (Status.ACTIVE, ["correct", "extend", "limits", "resend", "revoke", "rotate"]),
        (Status.EXPIRED, ["extend", "limits", "revoke", "rotate"]),
        (Status.FULFILLED, ["limits", "revoke", "rotate"]),
        (Status.REVOKED, ["new"]),
    ],
)
def test_there_are_the_buttons_that_do_something_in_its_state(admin_client, company, status, names):
    invitation = in_every_status(company)[status]
    Invitation.objects.update(allowed_emails=[BEN])

    context = admin_client.get(address("change", invitation)).context

    shown = [*context["buttons"], *filter(None, [context["best_button"]])]
    assert sorted(button.name for button in shown) == names


def test_what_anyone_may_use_is_mailed_to_nobody(admin_client, company):
    page = page_of(admin_client, make_invitation(company))

    for words_of_button in ("Mail it again", "Correct an address"):
        assert words_of_button not in page


# --- mail it again ------------------------------------------------------------------------------------------


def test_all_addresses_are_chosen_until_one_is_meant(admin_client, invitation):
    def chosen(**query):
        response = admin_client.get(address("resend", invitation), query)
        return response.context["form"]["emails"].value()

    assert chosen() == chosen(address="7") == chosen(address="x") == [WRONG, BEN]
    assert chosen(address="1") == [BEN]


def test_only_those_that_were_chosen_are_mailed(admin_client, invitation, jobs):
    press(admin_client, invitation, "resend")

    assert [each.email for each in invitation.deliveries.all()] == [BEN]
    assert logged(invitation)[0].detail == {"emails": [BEN]}
    assert jobs.names == ["send_invitation"]


def test_nobody_chosen_and_too_often_are_said(admin_client, invitation):
    assert errors(press(admin_client, invitation, "resend", emails=[])) == {"emails": ["Choose at least one address."]}
    for _ in range(10):
        press(admin_client, invitation, "resend")

    (said,) = errors(press(admin_client, invitation, "resend"))["__all__"]
    assert said.startswith("Please wait ")


# --- replace the link ---------------------------------------------------------------------------------------


def test_the_link_is_replaced(admin_client, client, invitation):
    press(admin_client, invitation, "rotate")

    assert stored(invitation).token != invitation.token
    assert stored(invitation).url in page_of(admin_client, invitation)
    assert client.get(f"/p/i/{invitation.token}").status_code == 404


# --- correct an address -------------------------------------------------------------------------------------


def test_an_address_is_corrected(admin_client, invitation):
    press(admin_client, invitation, "correct")

    assert stored(invitation).allowed_emails == [RIGHT, BEN]
    assert stored(invitation).url == invitation.url
    detail = {"fields": ["allowedEmails"], "old": WRONG, "new": RIGHT}
    assert invitation.events.get(type=EventType.UPDATED).detail == detail
    assert f"A mail to {RIGHT} is on its way." in page_of(admin_client, invitation)


def test_the_right_address_is_pasted_as_it_is(admin_client, invitation):
    press(admin_client, invitation, "correct", new='"Doe, Anna" <mailto:Anna@Example.com>')

    assert stored(invitation).allowed_emails == [RIGHT, BEN]
    assert f"A mail to {RIGHT} is on its way." in page_of(admin_client, invitation)


@pytest.mark.parametrize(("query", "chosen"), [({"address": "1"}, BEN), ({"address": "7"}, None), ({}, None)])
def test_the_address_that_is_meant_is_chosen_and_stands_in_no_link(admin_client, invitation, query, chosen):
    form = admin_client.get(address("correct", invitation), query).context["form"]

    assert form["old"].value() == chosen
    assert "%40" not in page_of(admin_client, invitation)


@pytest.mark.parametrize(("status", "chosen"), [("BOUNCED", BEN), ("FAILED", BEN), ("COMPLAINED", BEN), ("SENT", None)])
def test_the_address_whose_mail_did_not_arrive_is_chosen_and_else_none(admin_client, invitation, status, chosen):
    """Also when good ones stand before it."""
    Delivery.objects.create(invitation=invitation, email=WRONG, status="DELIVERED")
    Delivery.objects.create(invitation=invitation, email="gone@example.com", status="BOUNCED")
    Delivery.objects.create(invitation=invitation, email=BEN, status=status)

    form = admin_client.get(address("correct", invitation)).context["form"]

    assert form["old"].value() == chosen
    assert form["old"].field.choices[0] == ("", "Choose an address")
    assert admin_client.get(address("correct", invitation), {"address": "0"}).context["form"]["old"].value() == WRONG


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"old": ""}, {"old": ["Choose the address that is wrong."]}),
        ({"new": "<script>"}, {"new": ["This is not an email address."]}),
        ({"new": BEN}, {"new": ["This address is on the invitation already."]}),
        ({"new": ""}, {"new": ["This field is required."]}),
        ({"old": "cleo@example.com"}, {"old": ["This address is not on the invitation any more."]}),
    ],
)
def test_a_correction_that_does_not_hold_is_said_and_what_was_typed_stays(admin_client, invitation, posted, said):
    response = press(admin_client, invitation, "correct", **posted)

    assert errors(response) == said
    for name, value in (POSTS["correct"] | posted).items():
        assert response.context["form"][name].value() == value
    assert '<script>"' not in words(response)
    assert stored(invitation).allowed_emails == [WRONG, BEN]
