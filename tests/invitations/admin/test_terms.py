"""Staff change until when an invitation works, how often and for whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from companies.actors import SYSTEM
from config.admin.times import format_datetime
from invitations.admin.create.terms import end_of
from invitations.exceptions import ChangedMeanwhile
from invitations.models import Invitation
from invitations.models.status import Status
from invitations.services.address_correction import correct_address
from invitations.services.invitations import update_invitation
from tests.factories import make_invitation
from tests.invitations.admin.buttons import (
    BEN,
    RIGHT,
    WRONG,
    errors,
    logged,
    press,
    press_again,
    press_as_shown,
    stored,
)
from tests.invitations.admin.pages import address, in_every_status, page_of, words


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[WRONG, BEN], max_uses=2)


# --- extend -------------------------------------------------------------------------------------------------


def extend(client, invitation, **instead):
    """What the page says afterwards."""
    response = press_as_shown(client, invitation, "extend", **instead)
    assert response.url == address("change", invitation)
    return page_of(client, invitation)


@pytest.mark.parametrize("days", [1, 7, 14, 30])
def test_days_are_added_to_the_end_that_it_has(admin_client, company, days):
    invitation = make_invitation(company, expires_in=timedelta(days=30))

    page = extend(admin_client, invitation, life=str(days))

    assert stored(invitation).expires_at == invitation.expires_at + timedelta(days=days)
    assert stored(invitation).url == invitation.url
    assert f"It works longer now, until {format_datetime(stored(invitation).expires_at)}." in page


def test_what_the_page_offers_first_makes_nothing_shorter(admin_client, company):
    """Thirty days were given, and the button was pressed without a look."""
    invitation = make_invitation(company, expires_in=timedelta(days=30))

    extend(admin_client, invitation)

    assert stored(invitation).expires_at == invitation.expires_at + timedelta(days=14)


def test_an_earlier_end_is_said_to_be_earlier(admin_client, company):
    invitation = make_invitation(company, expires_in=timedelta(days=30))
    day = timezone.localdate() + timedelta(days=3)

    page = extend(admin_client, invitation, life="day", day=day.isoformat())

    assert stored(invitation).expires_at < invitation.expires_at
    assert f"It now ends on {format_datetime(stored(invitation).expires_at)}, earlier than before." in page


def test_the_end_of_what_never_expired_is_earlier_than_before(admin_client, invitation):
    page = extend(admin_client, invitation, life="7")

    assert abs(stored(invitation).expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    assert ", earlier than before." in page


@pytest.mark.parametrize("days", [None, 20])
def test_an_end_that_stays_is_neither_claimed_to_be_changed_nor_logged(admin_client, company, days):
    end = end_of(timezone.localdate() + timedelta(days=days)) if days else None
    invitation = make_invitation(company, expires_at=end)

    same = {"life": "day", "day": timezone.localdate(end).isoformat()} if end else {}
    page = extend(admin_client, invitation, **same)

    assert "Nothing was changed." in page
    assert stored(invitation).expires_at == end
    assert logged(invitation) == []
    assert not LogEntry.objects.exists()


def test_an_old_page_adds_nothing_to_another_end(admin_client, company):
    """Neither a second time, when the button is pressed twice, nor to what somebody else has chosen."""
    invitation = make_invitation(company, expires_in=timedelta(days=30))
    seen = invitation.expires_at.isoformat()
    press(admin_client, invitation, "extend", seen=seen)

    response = press(admin_client, invitation, "extend", seen=seen)

    assert errors(response) == {
        "__all__": ["The invitation was changed in the meantime. Look at it again, then repeat your change."]
    }
    assert stored(invitation).expires_at == invitation.expires_at + timedelta(days=7)
    assert f"It expires on {format_datetime(stored(invitation).expires_at)}." in words(response)

    assert press_again(admin_client, invitation, "extend", response).status_code == 302
    assert stored(invitation).expires_at == invitation.expires_at + timedelta(days=14)


def test_an_end_that_changes_at_that_moment_is_not_changed_back(company):
    """After the page was compared with it, and before it is locked."""
    invitation = make_invitation(company, expires_in=timedelta(days=30))
    update_invitation(invitation, by=SYSTEM, expires_in=None)

    with pytest.raises(ChangedMeanwhile):
        update_invitation(
            invitation, by=SYSTEM, seen={"expires_at": invitation.expires_at}, expires_in=timedelta(days=44)
        )
    assert stored(invitation).expires_at is None


def test_it_is_extended_to_the_end_of_a_day(admin_client, invitation):
    day = timezone.now().date() + timedelta(days=40)

    press(admin_client, invitation, "extend", life="day", day=day.isoformat())

    assert stored(invitation).expires_at == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)


def test_it_is_extended_for_ever(admin_client, company):
    invitation = make_invitation(company, expires_in=timedelta(days=1))

    page = extend(admin_client, invitation, life="never")

    assert stored(invitation).expires_at is None
    assert "It does not expire any more." in page


def test_an_expired_one_works_again(admin_client, company):
    invitation = in_every_status(company)[Status.EXPIRED]

    page = extend(admin_client, invitation)

    assert stored(invitation).status == Status.ACTIVE
    assert abs(stored(invitation).expires_at - timezone.now() - timedelta(days=14)) < timedelta(minutes=1)
    assert "It works longer now, until " in page


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"life": "day"}, {"day": ["Choose the day."]}),
        ({"life": "day", "day": "2001-01-01"}, {"day": ["That day is over in UTC. Choose a later one."]}),
        ({"life": "day", "day": "2399-01-01"}, {"day": ["That is too far off. At most ten years from now."]}),
        ({"life": "day", "day": "soon"}, {"day": ["Enter a valid date."]}),
        ({"life": "7", "day": "2001-01-01"}, {"day": ["Choose “At the end of a day” above, or leave this empty."]}),
        ({"life": ""}, {"life": ["This field is required."]}),
        ({"life": "9"}, {"life": ["Select a valid choice. 9 is not one of the available choices."]}),
    ],
)
def test_a_time_that_does_not_hold_is_said_and_what_was_typed_stays(admin_client, invitation, posted, said):
    response = press(admin_client, invitation, "extend", **posted)

    assert errors(response) == said
    assert response.context["form"]["day"].value() == posted.get("day")
    assert logged(invitation) == []


# --- change limits ------------------------------------------------------------------------------------------


def test_limits_are_shown_as_they_are(admin_client, invitation):
    form = admin_client.get(address("limits", invitation)).context["form"]

    assert {name: form[name].value() for name in form.fields} == {
        "uses": "number",
        "max_uses": 2,
        "allowed_emails": f"{WRONG}\n{BEN}",
        "seen": f"{WRONG}\n{BEN}",
        "seen_uses": 2,
    }


def test_uses_are_changed_and_the_addresses_left_alone(admin_client, invitation):
    press(admin_client, invitation, "limits")

    assert (stored(invitation).max_uses, stored(invitation).allowed_emails) == (5, [WRONG, BEN])
    assert logged(invitation)[0].detail == {"fields": ["maxUses"], "changes": {"maxUses": {"old": 2, "new": 5}}}


def test_limits_that_stay_are_neither_claimed_to_be_changed_nor_logged(admin_client, invitation):
    press_as_shown(admin_client, invitation, "limits")

    assert "Nothing was changed." in page_of(admin_client, invitation)
    assert logged(invitation) == []
    assert not LogEntry.objects.exists()


def test_uses_become_unlimited_whatever_number_stands_beside_it(admin_client, invitation):
    press(admin_client, invitation, "limits", uses="unlimited", max_uses="5")

    assert stored(invitation).max_uses is None


def test_addresses_are_changed(admin_client, invitation):
    press(admin_client, invitation, "limits", allowed_emails=f"{BEN}, Cleo@Example.com; *@example.org")

    assert stored(invitation).allowed_emails == [BEN, "cleo@example.com", "*@example.org"]


def test_without_addresses_it_is_for_anyone_who_has_the_link(admin_client, invitation):
    press(admin_client, invitation, "limits", allowed_emails="")

    assert stored(invitation).allowed_emails == []


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"max_uses": ""}, {"max_uses": ["Say how many, or choose “Any number”."]}),
        ({"max_uses": "0"}, {"max_uses": ["The number of uses is between 1 and 1,000,000."]}),
        ({"max_uses": "many"}, {"max_uses": ["Enter a whole number."]}),
        (
            {"max_uses": "1"},
            {"max_uses": ["The invitation has been used more often than that already. Choose a higher number."]},
        ),
        ({"allowed_emails": "nonsense"}, {"allowed_emails": ["nonsense – An email address must have an @-sign."]}),
        (
            {"allowed_emails": " ".join(f"{n}@example.com" for n in range(101))},
            {"allowed_emails": ["At most 100 addresses."]},
        ),
    ],
)
def test_limits_that_do_not_hold_are_said_and_what_was_typed_stays(admin_client, invitation, posted, said):
    Invitation.objects.update(use_count=2)

    response = press(admin_client, invitation, "limits", **posted)

    assert errors(response) == said
    for name, value in posted.items():
        assert response.context["form"][name].value() == value
    assert logged(invitation) == []


def test_an_old_page_does_not_undo_a_correction(admin_client, invitation):
    correct_address(invitation, by=SYSTEM, old=WRONG, new=RIGHT)

    response = press(admin_client, invitation, "limits", allowed_emails=f"{WRONG}\n{BEN}\ncleo@example.com")

    assert "The invitation was changed in the meantime." in errors(response)["__all__"][0]
    assert stored(invitation).allowed_emails == [RIGHT, BEN]

    press(admin_client, invitation, "limits")
    assert (stored(invitation).allowed_emails, stored(invitation).max_uses) == ([RIGHT, BEN], 5)


def test_what_was_changed_in_the_meantime_is_shown_as_it_is_and_changed_at_the_second_press(admin_client, invitation):
    """What somebody typed elsewhere stays."""
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


def test_an_unlimited_number_that_was_limited_in_the_meantime_is_shown_as_that(admin_client, company):
    invitation = make_invitation(company, allowed_emails=[WRONG, BEN], max_uses=None)
    update_invitation(invitation, by=SYSTEM, max_uses=4)

    response = press(admin_client, invitation, "limits", seen_uses="")

    assert {name: response.context["form"][name].value() for name in ("uses", "max_uses", "seen_uses")} == {
        "uses": "number",
        "max_uses": 4,
        "seen_uses": 4,
    }
