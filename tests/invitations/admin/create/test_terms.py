"""Expiry and uses of a new invitation."""

from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

from config.admin.times import weekday_date
from invitations.models import Invitation
from tests.factories import CompanyFactory
from tests.invitations.admin.create.pages import ADD, errors, invite
from tests.invitations.admin.pages import words

TOO_FAR_OFF = "Choose a day within the next ten years."


def created(client, company, **fields):
    assert invite(client, company, **fields).status_code == 302
    return Invitation.objects.latest("pk")


def in_days(number):
    return (timezone.localdate() + timedelta(days=number)).isoformat()


def test_expiry_follows_the_chosen_span(admin_client, company):
    for days in (1, 7, 14, 30):
        invitation = created(admin_client, company, expires=str(days), expires_on="2020-01-01")
        assert invitation.expires_at - invitation.created_at == timedelta(days=days)


def test_chosen_day_counts_to_its_end(admin_client, company):
    invitation = created(admin_client, company, expires="date", expires_on=in_days(400))

    day = timezone.localdate() + timedelta(days=400)
    assert invitation.expires_at == timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def test_invitation_may_be_unlimited(admin_client, company):
    invitation = created(admin_client, company, expires="never", uses="any", max_uses="3")

    assert (invitation.allowed_emails, invitation.expires_at, invitation.max_uses) == ([], None, None)


def test_expiry_and_uses_have_bounds(admin_client, company):
    wanted = [
        ({"expires": "date"}, {"expires_on": ["Choose a day."]}),
        (
            {"expires": "date", "expires_on": in_days(-1)},
            {"expires_on": ["This day is over in UTC. Choose a later day."]},
        ),
        ({"expires": "date", "expires_on": in_days(3651)}, {"expires_on": [TOO_FAR_OFF]}),
        ({"expires": "date", "expires_on": "9999-12-31"}, {"expires_on": [TOO_FAR_OFF]}),
        ({"expires": "date", "expires_on": "soon"}, {"expires_on": ["Enter a date such as 2026-01-31."]}),
        ({"uses": "number"}, {"max_uses": ["Enter a number."]}),
        ({"uses": "number", "max_uses": "many"}, {"max_uses": ["Enter a whole number."]}),
    ]

    assert [(given, errors(invite(admin_client, company, **given))) for given, _ in wanted] == wanted
    assert list(errors(invite(admin_client, company, uses="number", max_uses="1000001"))) == ["max_uses"]
    assert not Invitation.objects.exists()


def test_addresses_that_share_uses_are_asked_about(admin_client, company):
    emails = "a@example.com, b@example.com, c@example.com"
    asked = [("one", "", "share 1 use:"), ("number", "2", "share 2 uses:")]
    for uses, max_uses, said in asked:
        given = {"allowed_emails": emails, "uses": uses, "max_uses": max_uses}
        found = errors(invite(admin_client, company, **given))
        assert list(found) == ["share_uses"], given
        assert said in found["share_uses"][0]
        assert created(admin_client, company, **given, share_uses="on").max_uses == int(max_uses or 1)
    assert created(admin_client, company, allowed_emails=emails, uses="number", max_uses="3").max_uses == 3
    assert created(admin_client, company, allowed_emails=emails, uses="any").max_uses is None


def test_only_company_is_chosen(admin_client, company):
    chosen = f'<option value="{company.pk}" selected>'

    assert chosen in words(admin_client.get(ADD))
    CompanyFactory()
    assert chosen not in words(admin_client.get(ADD))


def test_spans_show_their_last_day(admin_client, company):
    page = words(admin_client.get(ADD))

    days = [timezone.localtime() + timedelta(days=days) for days in (1, 7, 14, 30)]
    assert [day for day in map(weekday_date, days) if f": {day}" not in page] == []
    assert weekday_date(datetime(2031, 3, 5, tzinfo=UTC)) == "Wed 5 March 2031"
