"""Extend: staff change when an invitation expires."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from companies.actors import SYSTEM
from config.admin.times import format_datetime, weekday_date
from invitations.admin.create.limits import end_of
from invitations.exceptions import ChangedMeanwhile
from invitations.models import Invitation
from invitations.models.status import Status
from invitations.services.invitations import update_invitation
from tests.database import forget_jobs
from tests.factories import make_invitation
from tests.invitations.admin.actions.pages import errors, new_events, press, press_again, press_as_shown, stored
from tests.invitations.admin.pages import address, in_every_status, page_of, words


def let_expire(invitation):
    past = timezone.now() - timedelta(days=1)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=past - timedelta(days=1), expires_at=past)


def extend(client, invitation, **instead):
    """Post the form, and return the page of the invitation."""
    response = press_as_shown(client, invitation, "extend", **instead)
    assert response.url == address("change", invitation)
    return page_of(client, invitation)


def test_days_are_added_to_the_current_expiry(admin_client, company):
    for days in (1, 7, 14, 30):
        invitation = make_invitation(company, expires_in=timedelta(days=30))
        page = extend(admin_client, invitation, life=str(days))
        assert stored(invitation).expires_at == invitation.expires_at + timedelta(days=days)
        assert f"The invitation works longer now, until {format_datetime(stored(invitation).expires_at)}." in page
    assert stored(invitation).url == invitation.url


def test_preselected_expiry_is_later(admin_client, company):
    invitation = make_invitation(company, expires_in=timedelta(days=30))

    extend(admin_client, invitation)

    assert stored(invitation).expires_at == invitation.expires_at + timedelta(days=14)


def test_earlier_expiry_is_named_as_earlier(admin_client, company):
    invitation = make_invitation(company, expires_in=timedelta(days=30))
    day = timezone.localdate() + timedelta(days=3)

    page = extend(admin_client, invitation, life="day", day=day.isoformat())

    assert stored(invitation).expires_at < invitation.expires_at
    assert (
        f"The invitation now expires on {format_datetime(stored(invitation).expires_at)}, earlier than before." in page
    )


def test_endless_invitation_now_expires_earlier(admin_client, invitation):
    page = extend(admin_client, invitation, life="7")

    assert abs(stored(invitation).expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    assert ", earlier than before." in page


@pytest.mark.parametrize("days", [None, 20])
def test_unchanged_expiry_is_not_logged(admin_client, company, days):
    end = end_of(timezone.localdate() + timedelta(days=days)) if days else None
    invitation = make_invitation(company, expires_at=end)

    same = {"life": "day", "day": timezone.localdate(end).isoformat()} if end else {}
    page = extend(admin_client, invitation, **same)

    assert "Nothing was changed." in page
    assert stored(invitation).expires_at == end
    assert new_events(invitation) == []
    assert not LogEntry.objects.exists()


def test_outdated_page_adds_no_days(admin_client, company):
    """Neither after a second press, nor after the change of another user."""
    invitation = make_invitation(company, expires_in=timedelta(days=30))
    seen = invitation.expires_at.isoformat()
    press(admin_client, invitation, "extend", seen=seen)

    response = press(admin_client, invitation, "extend", seen=seen)

    assert list(errors(response)) == ["__all__"]
    assert stored(invitation).expires_at == invitation.expires_at + timedelta(days=7)
    assert f"It expires on {format_datetime(stored(invitation).expires_at)}." in words(response)

    assert press_again(admin_client, invitation, "extend", response).status_code == 302
    assert stored(invitation).expires_at == invitation.expires_at + timedelta(days=14)


def test_concurrent_expiry_change_is_refused(company):
    """A change between the comparison and the lock."""
    invitation = make_invitation(company, expires_in=timedelta(days=30))
    update_invitation(invitation, by=SYSTEM, expires_in=None)

    with pytest.raises(ChangedMeanwhile):
        update_invitation(
            invitation, by=SYSTEM, seen={"expires_at": invitation.expires_at}, expires_in=timedelta(days=44)
        )
    assert stored(invitation).expires_at is None


def test_expiry_is_the_end_of_a_day(admin_client, invitation):
    day = timezone.now().date() + timedelta(days=40)

    press(admin_client, invitation, "extend", life="day", day=day.isoformat())

    assert stored(invitation).expires_at == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)


def test_expiry_is_removed(admin_client, company):
    invitation = make_invitation(company, expires_in=timedelta(days=1))

    page = extend(admin_client, invitation, life="never")

    assert stored(invitation).expires_at is None
    assert "The invitation never expires now." in page


def test_expired_invitation_works_again(admin_client, company):
    invitation = in_every_status(company)[Status.EXPIRED]

    page = extend(admin_client, invitation)

    assert stored(invitation).status == Status.ACTIVE
    assert abs(stored(invitation).expires_at - timezone.now() - timedelta(days=14)) < timedelta(minutes=1)
    assert "The invitation works longer now, until " in page


def test_one_press_extends_and_mails_again(admin_client, company):
    invitation = make_invitation(company, allowed_emails=["anna@example.com"], send_email=True)
    let_expire(invitation)
    page = admin_client.get(address("change", invitation))
    form = page.context["extension"]
    assert f"Extend to {form.suggested_day}" in words(page)
    assert re.search(r'<label><input type="checkbox" name="mail"[^>]* checked> And mail it again', words(page))

    admin_client.post(page.context["best_button"].url, {field.name: field.value() or "" for field in form})

    assert stored(invitation).status == Status.ACTIVE
    assert invitation.deliveries.get().round == 2
    assert "extension" not in page_of(admin_client, invitation)


def test_expiry_errors_keep_the_input(admin_client, invitation):
    wanted = [
        ({"life": "day"}, {"day": ["Choose a day."]}),
        ({"life": "day", "day": "2001-01-01"}, {"day": ["This day is over in UTC. Choose a later day."]}),
        ({"life": "day", "day": "2399-01-01"}, {"day": ["Choose a day within the next ten years."]}),
        ({"life": "day", "day": "soon"}, {"day": ["Enter a valid date."]}),
        ({"life": "7", "day": "2001-01-01"}, {"day": ["Choose “At the end of a day” above, or leave this empty."]}),
        ({"life": "9"}, {"life": ["Select a valid choice. 9 is not one of the available choices."]}),
    ]

    for posted, said in wanted:
        response = press(admin_client, invitation, "extend", **posted)
        assert errors(response) == said
        assert response.context["form"]["day"].value() == posted.get("day")
    assert new_events(invitation) == []


def test_expired_mailed_invitation_is_mailed_again(admin_client, company, jobs):
    invitation = make_invitation(company, allowed_emails=["anna@example.com"], send_email=True)
    let_expire(invitation)
    forget_jobs()
    page = extend(admin_client, invitation)

    assert jobs.names == ["send_invitation"]
    assert "The invitation works longer now" in page
    assert "is being mailed again to anna@example.com." in page
    assert LogEntry.objects.get().change_message == "Expiry changed, and mailed."


def test_other_extensions_mail_only_if_ticked(admin_client, company, jobs):
    not_expired = make_invitation(company, allowed_emails=["anna@example.com"], send_email=True)
    never_mailed = make_invitation(company, allowed_emails=["anna@example.com"])
    let_expire(never_mailed)
    forget_jobs()
    for invitation in (not_expired, never_mailed):
        extend(admin_client, invitation)
    assert jobs.names == []

    assert "is being mailed to anna@example.com." in extend(admin_client, never_mailed, mail="on")
    assert jobs.names == ["send_invitation"]


def test_spans_show_their_last_day(admin_client, company):
    invitation = make_invitation(company, expires_in=timedelta(days=30))

    page = words(admin_client.get(address("extend", invitation)))

    assert f"14 days more: {weekday_date(invitation.expires_at + timedelta(days=14))}" in page
    let_expire(invitation)
    page = words(admin_client.get(address("extend", invitation)))
    assert f"14 days from now: {weekday_date(timezone.now() + timedelta(days=14))}" in page
