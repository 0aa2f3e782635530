"""Change limits: who may use an invitation, and how often."""

from django.contrib.admin.models import LogEntry

from companies.actors import SYSTEM
from invitations.models import Invitation
from invitations.services.address_correction import correct_address
from invitations.services.invitations import update_invitation
from tests.factories import make_invitation
from tests.invitations.admin.actions.pages import (
    BEN,
    RIGHT,
    WRONG,
    errors,
    new_events,
    press,
    press_again,
    press_as_shown,
    stored,
)
from tests.invitations.admin.pages import address, page_of


def test_form_shows_current_limits(admin_client, invitation):
    form = admin_client.get(address("limits", invitation)).context["form"]

    assert {name: form[name].value() for name in form.fields} == {
        "uses": "number",
        "max_uses": 2,
        "allowed_emails": f"{WRONG}\n{BEN}",
        "mail": False,
        "opens": None,
        "share_uses": None,
        "seen": f"{WRONG}\n{BEN}",
        "seen_uses": 2,
    }


def test_maximum_uses_are_changed_alone(admin_client, invitation):
    press(admin_client, invitation, "limits")

    assert (stored(invitation).max_uses, stored(invitation).allowed_emails) == (5, [WRONG, BEN])
    assert new_events(invitation)[0].detail == {"fields": ["maxUses"], "changes": {"maxUses": {"old": 2, "new": 5}}}


def test_unchanged_limits_are_not_logged(admin_client, invitation):
    press_as_shown(admin_client, invitation, "limits")

    assert "Nothing was changed." in page_of(admin_client, invitation)
    assert new_events(invitation) == []
    assert not LogEntry.objects.exists()


def test_unlimited_ignores_the_number(admin_client, invitation):
    press(admin_client, invitation, "limits", uses="unlimited", max_uses="5")

    assert stored(invitation).max_uses is None


def test_allowed_addresses_are_changed(admin_client, invitation):
    press(admin_client, invitation, "limits", allowed_emails=f"{BEN}, Cleo@Example.com; *@example.org")

    assert stored(invitation).allowed_emails == [BEN, "cleo@example.com", "*@example.org"]


def test_added_addresses_can_be_mailed(admin_client, invitation):
    press(admin_client, invitation, "limits", allowed_emails=f"{WRONG}, {BEN}, cleo@example.com", mail="on")

    assert invitation.deliveries.filter(status="QUEUED").values_list("email", flat=True).get() == "cleo@example.com"
    assert "being mailed to cleo@example.com." in page_of(admin_client, invitation)


def test_inactive_invitation_offers_no_mail(admin_client, invitation):
    Invitation.objects.update(use_count=2)

    assert "mail" not in admin_client.get(address("limits", invitation)).context["form"].fields


def test_opening_is_asked_about_first(admin_client, invitation):
    asked = press(admin_client, invitation, "limits", allowed_emails=" \n")

    assert list(errors(asked)) == ["opens"]
    assert stored(invitation).allowed_emails == [WRONG, BEN]

    press_again(admin_client, invitation, "limits", asked, opens="on")
    assert stored(invitation).allowed_emails == []
    assert "Anyone with the link may now use this invitation." in page_of(admin_client, invitation)


def test_open_invitation_asks_no_question(admin_client, company):
    invitation = make_invitation(company, max_uses=2)

    assert press(admin_client, invitation, "limits", allowed_emails="", seen="").status_code == 302


def test_limits_errors_keep_the_input(admin_client, invitation):
    Invitation.objects.update(use_count=2)
    wanted = [  # None: an error of the services
        ("max_uses", "", "Enter a number, or choose “Unlimited”."),
        ("max_uses", "0", None),
        ("max_uses", "many", "Enter a whole number."),
        ("max_uses", "1", None),
        ("allowed_emails", "nonsense", None),
    ]

    for name, value, said in wanted:
        response = press(admin_client, invitation, "limits", **{name: value})
        assert list(errors(response)) == [name]
        assert said in {None, errors(response)[name][0]}
        assert response.context["form"][name].value() == value
    assert new_events(invitation) == []


def test_outdated_page_keeps_a_correction(admin_client, invitation):
    correct_address(invitation, by=SYSTEM, old=WRONG, new=RIGHT)

    response = press(admin_client, invitation, "limits", allowed_emails=f"{WRONG}\n{BEN}\ncleo@example.com")

    assert list(errors(response)) == ["__all__"]
    assert stored(invitation).allowed_emails == [RIGHT, BEN]

    press(admin_client, invitation, "limits")
    assert (stored(invitation).allowed_emails, stored(invitation).max_uses) == ([RIGHT, BEN], 5)


def test_outdated_page_shows_current_values(admin_client, invitation):
    """Input in other fields stays; a second press saves."""
    old_page = {"max_uses": "7", "allowed_emails": BEN}
    correct_address(invitation, by=SYSTEM, old=WRONG, new=RIGHT)

    response = press(admin_client, invitation, "limits", **old_page)

    form = response.context["form"]
    assert [form[name].value() for name in ("allowed_emails", "max_uses")] == [f"{RIGHT}\n{BEN}", "7"]
    update_invitation(invitation, by=SYSTEM, max_uses=3)

    response = press_again(admin_client, invitation, "limits", response, allowed_emails=BEN)

    form = response.context["form"]
    assert [form[name].value() for name in ("allowed_emails", "max_uses")] == [BEN, 3]
    assert press_again(admin_client, invitation, "limits", response, max_uses="9").status_code == 302
    assert (stored(invitation).allowed_emails, stored(invitation).max_uses) == ([BEN], 9)


def test_outdated_page_shows_a_new_limit(admin_client, company):
    invitation = make_invitation(company, allowed_emails=[WRONG, BEN], max_uses=None)
    update_invitation(invitation, by=SYSTEM, max_uses=4)

    response = press(admin_client, invitation, "limits", seen_uses="")

    assert {name: response.context["form"][name].value() for name in ("uses", "max_uses", "seen_uses")} == {
        "uses": "number",
        "max_uses": 4,
        "seen_uses": 4,
    }


def test_shared_uses_are_asked_about(admin_client, invitation):
    response = press(admin_client, invitation, "limits", max_uses="1")

    assert list(errors(response)) == ["share_uses"]
    assert 'type="checkbox" name="share_uses"' in response.content.decode()
    press(admin_client, invitation, "limits", max_uses="1", share_uses="on")
    assert stored(invitation).max_uses == 1
