"""The list of invitations: columns, filters, search and number of queries."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from companies.actors import SYSTEM, Actor
from config.admin.times import format_datetime
from invitations.admin.dashboard.attention import Attention
from invitations.admin.filters import corrected_invitations
from invitations.models import Delivery, Invitation, InvitationEvent, InvitationType
from invitations.models.status import Status
from invitations.services.address_correction import correct_address
from invitations.services.invitations import record_view, revoke_invitation
from invitations.services.link_requests.ask import request_link
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.admin.pages import LIST, NO_ID, address, in_every_status, listed, words


def test_status_filter_agrees_with_the_api(admin_client, api, company):
    for status, expected in in_every_status(company).items():
        shown = listed(admin_client, status=status.value)
        answer = api.get(f"invitation/company/{company.pk}", {"status": status.value}).json()["invitations"]
        assert [str(each.pk) for each in shown] == [each["id"] for each in answer] == [str(expected.pk)]
        assert [each["status"] for each in answer] == [each.current_status for each in shown] == [status.value]


def test_list_shows_status_labels(admin_client, company):
    in_every_status(company)

    shown = words(admin_client.get(reverse(LIST)))

    for status in Status:
        assert f">{status.label}</span>" in shown


def test_list_names_two_recipients(admin_client, company):
    for emails in ([], ["a@example.com", "b@example.com"], [f"{n}@example.com" for n in range(5)]):
        make_invitation(company, allowed_emails=emails)

    page = words(admin_client.get(reverse(LIST)))

    assert f'<div>Anyone with the link</div><div class="quiet">{company}</div></a>' in page
    assert "<div>a@example.com</div><div>b@example.com</div><div class=" in page
    assert "<div>0@example.com</div><div>1@example.com</div><div>and 3 more</div><div class=" in page


def test_list_shows_uses(admin_client, company):
    for max_uses in (5, None):
        make_invitation(company, max_uses=max_uses)
    Invitation.objects.update(use_count=2)

    page = words(admin_client.get(reverse(LIST)))

    assert ">2 of 5<" in page
    assert ">2, unlimited<" in page


def test_no_page_contains_the_token(admin_client, company):
    invitation = make_invitation(company)

    for each in (reverse(LIST), reverse("admin:index"), address("revoke", invitation)):
        assert invitation.token not in words(admin_client.get(each))


def test_newest_invitations_come_first(admin_client, company):
    first, second = make_invitation(company), make_invitation(company)

    assert listed(admin_client) == [second, first]


def test_search_finds_an_invitation(admin_client):
    invitation = make_invitation(
        CompanyFactory(name="Riverside"), external_id="ORD-7", allowed_emails=["anna@example.com"]
    )
    make_invitation(allowed_emails=["bert@example.com", "joanna@example.com"], external_id="XORD-7")
    names = ("ORD-7", "or", "7 anna", "Riverside", "river")
    addresses = (
        "an",
        "anna@ex",
        " anna@example.com ",
        "ANNA@Example.COM",
        '"Doe" <anna@example.com>',
        "mailto:anna@example.com",
    )

    found = {term: listed(admin_client, q=term) for term in (str(invitation.pk), *names, *addresses)}

    assert [term for term, rows in found.items() if rows != [invitation]] == []


def test_search_finds_a_corrected_address(admin_client, company):
    wrong, right = "anna@exmaple.com", "anna@example.com"
    invitation = make_invitation(company, allowed_emails=[wrong])
    correct_address(invitation, by=SYSTEM, old=wrong, new=right)
    also = make_invitation(company, allowed_emails=[wrong])

    assert listed(admin_client, q=f"Anna <{wrong}>") == listed(admin_client, q="anna@exm") == [also, invitation]
    assert listed(admin_client, q=right) == [invitation]


def test_corrections_are_found_by_index(company):
    grow(company, 200)
    correct_address(
        make_invitation(company, allowed_emails=["a@b.example"]), by=SYSTEM, old="a@b.example", new="b@b.example"
    )
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as captured:
        cursor.execute("ANALYZE invitations_invitationevent")
        assert len(corrected_invitations("a@b.example")) == 1
        cursor.execute(f"EXPLAIN {captured[-1]['sql']}")
        plan = "".join(line for (line,) in cursor.fetchall())
    assert "invitation_event_old_address" in plan or "invitation_event_corrected" in plan


def test_search_finds_nothing_else(admin_client, company):
    make_invitation(company, external_id="ORD-7", allowed_emails=["anna@example.com"])

    found = {term: listed(admin_client, q=term) for term in ("nobody@example.com", "RD", "%", "nna", "anna b", NO_ID)}

    assert [term for term, rows in found.items() if rows] == []


def test_filters_narrow_the_list(admin_client, company):
    invitation = make_invitation(company)
    old = make_invitation()
    Invitation.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))

    assert listed(admin_client, company=company.pk) == [invitation]
    assert listed(admin_client, created="month") == [invitation]
    assert listed(admin_client, created="nonsense") == [old, invitation]
    assert listed(admin_client, invitation_type__exact=InvitationType.EDIT_CONNECTION) == []


def test_company_filter_keeps_other_filters(admin_client, company):
    make_invitation(company)

    shown = words(admin_client.get(reverse(LIST), {"status": "ACTIVE", "q": "x", "company": company.pk}))

    form = shown[shown.index('class="autocomplete-filter"') :]
    assert '<input type="hidden" name="status" value="ACTIVE">' in form
    assert '<input type="hidden" name="q" value="x">' in form
    assert f'<option value="{company.pk}" selected>{company.name}</option>' in form


def test_list_shows_when_each_expires(admin_client, company):
    invitation = make_invitation(company, expires_in=timedelta(days=3))
    make_invitation(company)

    page = words(admin_client.get(reverse(LIST)))

    assert f'<time datetime="{invitation.expires_at.isoformat()}">' in page
    assert f'<span class="when__exact">{format_datetime(invitation.expires_at)}</span>' in page
    assert ">Never<" in page


def test_list_shows_the_last_event(admin_client, company, staff):
    opened, revoked = make_invitation(company), make_invitation(company)
    record_view(opened)
    revoke_invitation(revoked, by=Actor.staff(staff))

    assert [str(each.last_event) for each in listed(admin_client)] == ["Revoked", "Opened"]
    assert "<div>Opened</div>" in words(admin_client.get(reverse(LIST)))


@pytest.fixture
def needing_attention(company):
    """An invitation for each kind of attention, beside one without."""
    failed = make_invitation(company, allowed_emails=["a@example.com"], send_email=True)
    failed.deliveries.update(status="BOUNCED")
    opened, unopened, expiring = make_invitation(company), make_invitation(company), make_invitation(company)
    record_view(opened)
    Invitation.objects.filter(pk=expiring.pk).update(expires_at=timezone.now() + timedelta(days=6), use_count=1)
    Invitation.objects.filter(pk=failed.pk).update(use_count=1)
    asked = make_invitation(company, allowed_emails=["a@example.com"])
    request_link(asked)
    Invitation.objects.filter(pk=asked.pk).update(use_count=1)
    return {
        Attention.LINK_REQUESTED: asked,
        Attention.EXPIRING: expiring,
        Attention.UNFINISHED: opened,
        Attention.NOT_OPENED: unopened,
        Attention.MAIL_FAILED: failed,
    }


def test_attention_filter_narrows_the_list(admin_client, needing_attention):
    assert {kind: listed(admin_client, attention=kind.value) for kind in Attention} == {
        kind: [invitation] for kind, invitation in needing_attention.items()
    }


def test_attention_filters_combine(admin_client, company, needing_attention):
    both = make_invitation(company, expires_in=timedelta(days=6))
    record_view(both)

    response = admin_client.get(reverse(LIST), {"attention": ["expiring", "unfinished"], "status": "ACTIVE"})

    assert list(response.context["cl"].result_list) == [both]
    for link in ("attention=unfinished&amp;status=ACTIVE", "attention=expiring&amp;status=ACTIVE", "?status=ACTIVE"):
        assert f'{link}"' in words(response)
    assert 'attention=expiring&amp;attention=unfinished&amp;attention=mail_failed&amp;status=ACTIVE"' in words(response)


def test_unknown_attention_is_ignored(admin_client, needing_attention):
    assert len(listed(admin_client, attention="nonsense")) == 5


def test_search_keeps_the_filters(admin_client, company):
    make_invitation(company)

    page = words(admin_client.get(reverse(LIST), {"attention": ["expiring", "unfinished"], "q": "x"}))

    form = page[page.index('id="changelist-search"') : page.index("</form>", page.index('id="changelist-search"'))]
    for kind in ("expiring", "unfinished"):
        assert f'<input type="hidden" name="attention" value="{kind}">' in form
    assert '<a href="?attention=expiring&amp;attention=unfinished">Clear</a>' in form


def grow(company, number):
    """Add invitations, each with ten events and a failed mail."""
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


def test_list_query_count_does_not_grow(admin_client, company):
    asked = [
        ({}, 6),
        ({"status": "ACTIVE"}, 8),  # two more count the invitations without expiry and with a later one
        ({"attention": ["mail_failed", "expiring", "unfinished"]}, 6),
        ({"q": "a@example.com"}, 12),
        ({"q": "Company"}, 12),
        ({"company": company.pk}, 7),
    ]

    def queries(query):
        with CaptureQueriesContext(connection) as captured:
            assert listed(admin_client, **query)
        return len(captured)

    for number in (10, 190):
        grow(company, number)
        assert [(query, more) for query, most in asked if (more := queries(query)) > most] == []
