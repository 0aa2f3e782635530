"""The list of invitations: by status as the API says, found, narrowed, and fast."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from invitations.models import Invitation, InvitationType
from invitations.status import Status
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.pages import LIST, NO_ID, address, in_every_status, listed, words


@pytest.mark.parametrize("status", Status)
def test_the_list_finds_by_status_what_the_api_finds(admin_client, api, company, status):
    expected = in_every_status(company)[status]

    shown = listed(admin_client, status=status.value)
    answered = api.get(f"invitation/company/{company.pk}", {"status": status.value}).json()["invitations"]

    assert [str(each.pk) for each in shown] == [each["id"] for each in answered] == [str(expected.pk)]
    assert [each["status"] for each in answered] == [each.current_status for each in shown] == [status.value]


def test_the_list_shows_each_status_as_a_word(admin_client, company):
    in_every_status(company)

    shown = words(admin_client.get(reverse(LIST)))

    for status in Status:
        assert f">{status.label}</span>" in shown


@pytest.mark.parametrize(
    ("emails", "shown"),
    [
        ([], "Anyone with the link"),
        (["a@example.com"], "<div>a@example.com</div>"),
        (["a@example.com", "b@example.com"], "<div>a@example.com</div><div>b@example.com</div>"),
        (
            [f"{n}@example.com" for n in range(5)],
            "<div>0@example.com</div><div>1@example.com</div><div>and 3 more</div>",
        ),
    ],
)
def test_the_list_names_two_recipients_and_counts_the_rest(admin_client, company, emails, shown):
    make_invitation(company, allowed_emails=emails)

    assert shown in words(admin_client.get(reverse(LIST)))


@pytest.mark.parametrize(("max_uses", "shown"), [(5, ">2 of 5<"), (None, ">2, no limit<")])
def test_the_list_says_how_often_it_was_used(admin_client, company, max_uses, shown):
    make_invitation(company, max_uses=max_uses)
    Invitation.objects.update(use_count=2)

    assert shown in words(admin_client.get(reverse(LIST)))


def test_the_list_holds_no_link(admin_client, company):
    invitation = make_invitation(company)

    for each in (reverse(LIST), reverse("admin:index"), address("history", invitation), address("revoke", invitation)):
        assert invitation.token not in words(admin_client.get(each))


def test_newest_come_first(admin_client, company):
    first, second = make_invitation(company), make_invitation(company)

    assert listed(admin_client) == [second, first]


@pytest.mark.parametrize("term", ["{pk}", "ORD-7", "Riverside", "river", " anna@example.com ", "ANNA@Example.COM"])
def test_an_invitation_is_found(admin_client, term):
    invitation = make_invitation(
        CompanyFactory(name="Riverside"), external_id="ORD-7", allowed_emails=["anna@example.com"]
    )
    make_invitation(allowed_emails=["bert@example.com"], external_id="ORD-70")

    assert listed(admin_client, q=term.format(pk=invitation.pk)) == [invitation]


@pytest.mark.parametrize("term", ["nobody@example.com", "ORD", "%", "Nobody", NO_ID])
def test_what_is_not_there_is_not_found(admin_client, company, term):
    make_invitation(company, external_id="ORD-7", allowed_emails=["anna@example.com"])

    assert listed(admin_client, q=term) == []


def test_the_list_is_narrowed(admin_client, company):
    invitation = make_invitation(company)
    old = make_invitation()
    Invitation.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))

    assert listed(admin_client, company=company.pk) == [invitation]
    assert listed(admin_client, created="month") == [invitation]
    assert listed(admin_client, created="nonsense") == [old, invitation]
    assert listed(admin_client, invitation_type__exact=InvitationType.EDIT_CONNECTION) == []


def test_narrowing_by_a_company_keeps_the_other_filters(admin_client, company):
    make_invitation(company)

    shown = words(admin_client.get(reverse(LIST), {"status": "ACTIVE", "q": "x", "company": company.pk}))

    form = shown[shown.index('class="autocomplete-filter"') :]
    assert '<input type="hidden" name="status" value="ACTIVE">' in form
    assert '<input type="hidden" name="q" value="x">' in form
    assert f'<option value="{company.pk}" selected>{company.name}</option>' in form


def test_a_list_asks_as_little_of_many_rows_as_of_few(admin_client, company):
    def grow(number):
        rows = (uuid4().bytes for _ in range(number))
        Invitation.objects.bulk_create(
            Invitation(
                company=CompanyFactory() if n < 5 else company,
                invitation_type=InvitationType.CREATE_CONNECTION,
                token_hash=token_hash,
                sealed_token=b"",
                allowed_emails=["a@example.com"],
            )
            for n, token_hash in enumerate(rows)
        )

    def queries(query):
        with CaptureQueriesContext(connection) as captured:
            listed(admin_client, **query)
        return len(captured)

    ways = ({}, {"q": "Company"}, {"status": "ACTIVE"}, {"company": company.pk})
    grow(10)
    few = [queries(query) for query in ways]
    grow(990)
    assert [queries(query) for query in ways] == few
    assert max(few) <= 7
