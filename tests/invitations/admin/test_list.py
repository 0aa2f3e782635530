"""The list of invitations: by status as the API says, found, narrowed, and fast."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from config.admin.times import format_datetime
from invitations.admin.attention import Attention
from invitations.admin.filters import corrected_from
from invitations.models import Delivery, Invitation, InvitationEvent, InvitationType
from invitations.models.status import Status
from invitations.services.address_correction import correct_address
from invitations.services.invitations import record_view, revoke_invitation
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


@pytest.mark.parametrize(
    "term",
    [
        "{pk}",
        "ORD-7",
        "Riverside",
        "river",
        " anna@example.com ",
        "ANNA@Example.COM",
        '"Doe" <anna@example.com>',
        "mailto:anna@example.com",
    ],
)
def test_an_invitation_is_found(admin_client, term):
    invitation = make_invitation(
        CompanyFactory(name="Riverside"), external_id="ORD-7", allowed_emails=["anna@example.com"]
    )
    make_invitation(allowed_emails=["bert@example.com"], external_id="ORD-70")

    assert listed(admin_client, q=term.format(pk=invitation.pk)) == [invitation]


def test_an_address_that_was_corrected_still_finds_its_invitation(admin_client, company):
    wrong, right = "anna@exmaple.com", "anna@example.com"
    invitation = make_invitation(company, allowed_emails=[wrong])
    correct_address(invitation, by=SYSTEM, old=wrong, new=right)
    also = make_invitation(company, allowed_emails=[wrong])

    assert listed(admin_client, q=f"Anna <{wrong}>") == [also, invitation]
    assert listed(admin_client, q=right) == [invitation]


def test_corrections_are_looked_up_by_their_own_index(company):
    """However long the log of everything else is."""
    grow(company, 200)
    correct_address(
        make_invitation(company, allowed_emails=["a@b.example"]), by=SYSTEM, old="a@b.example", new="b@b.example"
    )
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as captured:
        cursor.execute("ANALYZE invitations_invitationevent")
        assert len(corrected_from("a@b.example")) == 1
        cursor.execute(f"EXPLAIN {captured[-1]['sql']}")
        plan = "".join(line for (line,) in cursor.fetchall())
    assert "invitation_event_corrected" in plan


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


@pytest.mark.parametrize(
    ("expires_in", "shown"),
    [(timedelta(days=3), "3\xa0days from now"), (timedelta(minutes=45), "45\xa0minutes from now"), (None, "Never")],
)
def test_the_list_says_in_words_when_each_expires(admin_client, company, expires_in, shown):
    invitation = make_invitation(company, expires_in=expires_in)

    page = words(admin_client.get(reverse(LIST)))

    assert f">{shown}<" in page
    if expires_in:
        assert f'<time datetime="{invitation.expires_at.isoformat()}">{shown}</time>' in page
        assert f'<span class="when__exact">{format_datetime(invitation.expires_at)}</span>' in page


def test_the_list_tells_the_last_event_of_each(admin_client, company, staff):
    opened, revoked = make_invitation(company), make_invitation(company)
    record_view(opened)
    revoke_invitation(revoked, by=Actor.staff(staff))

    assert [str(each.last_event) for each in listed(admin_client)] == ["Revoked", "Opened"]
    assert "<div>Opened</div>" in words(admin_client.get(reverse(LIST)))


@pytest.fixture
def wanting(company):
    """An invitation for each kind of attention, and one for none."""
    failed = make_invitation(company, allowed_emails=["a@example.com"], send_email=True)
    failed.deliveries.update(status="BOUNCED")
    opened = make_invitation(company)
    record_view(opened)
    make_invitation(company)
    return {
        Attention.EXPIRING: make_invitation(company, expires_in=timedelta(days=6)),
        Attention.UNFINISHED: opened,
        Attention.MAIL_FAILED: failed,
    }


@pytest.mark.parametrize("kind", Attention)
def test_the_list_is_narrowed_to_what_needs_attention(admin_client, wanting, kind):
    assert listed(admin_client, attention=kind.value) == [wanting[kind]]


def test_kinds_of_attention_narrow_it_together_and_can_be_taken_back(admin_client, company, wanting):
    both = make_invitation(company, expires_in=timedelta(days=6))
    record_view(both)

    response = admin_client.get(reverse(LIST), {"attention": ["expiring", "unfinished"], "status": "ACTIVE"})

    assert list(response.context["cl"].result_list) == [both]
    for link in ("attention=unfinished&amp;status=ACTIVE", "attention=expiring&amp;status=ACTIVE", "?status=ACTIVE"):
        assert f'{link}"' in words(response)
    assert 'attention=expiring&amp;attention=unfinished&amp;attention=mail_failed&amp;status=ACTIVE"' in words(response)


def test_an_unknown_kind_of_attention_narrows_nothing(admin_client, wanting):
    assert len(listed(admin_client, attention="nonsense")) == 4


def test_a_search_keeps_the_filters_and_can_be_cleared_without_them(admin_client, company):
    make_invitation(company)

    page = words(admin_client.get(reverse(LIST), {"attention": ["expiring", "unfinished"], "q": "x"}))

    form = page[page.index('id="changelist-search"') : page.index("</form>", page.index('id="changelist-search"'))]
    for kind in ("expiring", "unfinished"):
        assert f'<input type="hidden" name="attention" value="{kind}">' in form
    assert '<a href="?attention=expiring&amp;attention=unfinished">Clear</a>' in form


def grow(company, number):
    """So many more invitations, each with ten lines in its log and a mail that failed."""
    invitations = Invitation.objects.bulk_create(
        Invitation(
            company=CompanyFactory() if n < 5 else company,
            invitation_type=InvitationType.CREATE_CONNECTION,
            token_hash=uuid4().bytes,
            encrypted_token=b"",
            allowed_emails=["a@example.com"],
            expires_at=timezone.now() + timedelta(days=3),
            last_viewed_at=timezone.now(),
        )
        for n in range(number)
    )
    InvitationEvent.objects.bulk_create(
        InvitationEvent(invitation=each, type="VIEWED", actor="CONTRIBUTOR") for each in invitations for _ in range(10)
    )
    Delivery.objects.bulk_create(
        Delivery(invitation=each, email="a@example.com", status="FAILED") for each in invitations
    )


def test_a_list_asks_as_little_of_a_thousand_rows_as_of_ten(admin_client, company):
    asked = [
        ({}, 6),
        ({"status": "ACTIVE"}, 8),  # two more: whether few have no end, and few one that is to come
        ({"attention": [kind.value for kind in Attention]}, 6),
        ({"q": "a@example.com"}, 8),
        ({"q": "Company"}, 10),
        ({"company": company.pk}, 7),
    ]

    def queries(query):
        with CaptureQueriesContext(connection) as captured:
            assert listed(admin_client, **query)
        return len(captured)

    for number in (10, 990):
        grow(company, number)
        assert [(query, queries(query)) for query, _ in asked] == asked
