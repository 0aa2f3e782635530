"""Nobody is invited twice: what stands in a row's way, and what does not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.exceptions import NothingToCreate
from invitations.models import Invitation
from invitations.services.batches.create import create_next, start_batch
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from tests.factories import (
    CompanyFactory,
    UserFactory,
    make_connection,
    make_invitation,
)
from tests.invitations.batches.sheets import (
    CREATED,
    INVITED,
    READY,
    draft,
    errors,
    people,
    run,
    sheet,
    verdicts,
)


def used_up(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=1, use_count=1)


def expired(invitation):
    past = timezone.now() - timedelta(days=1)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=past - timedelta(days=9), expires_at=past)


def revoked(invitation):
    revoke_invitation(invitation, by=SYSTEM)


def test_the_same_file_again_creates_nothing(company):
    lines = sheet("email,externalId", "a@example.com,1", "b@example.com,", "c@example.com,3")
    first = run(company, lines)

    again = draft(company, lines)
    assert verdicts(again) == [INVITED] * 3
    assert set(errors(again)) == {"An open invitation for this address exists."}
    assert [row.invitation_id for row in again.rows.order_by("number")] == [
        row.invitation_id for row in first.rows.order_by("number")
    ]
    with pytest.raises(NothingToCreate):
        start_batch(again, by=UserFactory())
    assert Invitation.objects.count() == 3


@pytest.mark.parametrize("column", ["email", "email,externalId"])
def test_the_same_file_again_creates_nothing_when_some_have_done_what_was_asked(company, column):
    lines = sheet(column, *(f"{n}@example.com,{n}" if "," in column else f"{n}@example.com" for n in range(3)))
    run(company, lines)
    used_up(Invitation.objects.order_by("pk").first())

    again = draft(company, lines)

    assert verdicts(again) == [INVITED] * 3


def test_whoever_has_done_what_was_asked_may_be_asked_for_something_else(company):
    run(company, "email,externalId", "a@example.com,1")
    used_up(Invitation.objects.get())

    assert verdicts(draft(company, "email,externalId", "a@example.com,2")) == [READY]
    assert errors(draft(company, "email,externalId", "b@example.com,1")) == [
        "The invitation with this external id has been used."
    ]


@pytest.mark.parametrize("end", [expired, revoked])
def test_an_invitation_that_came_to_nothing_is_in_nobodys_way(company, end):
    lines = sheet("email,externalId", "a@example.com,1")
    run(company, lines)
    end(Invitation.objects.get())

    assert verdicts(run(company, lines)) == [CREATED]


def test_an_open_invitation_from_elsewhere_counts_too(company):
    by_address = make_invitation(company, allowed_emails=["a@example.com", "b@example.com"])
    by_external_id = make_invitation(company, external_id="7")

    batch = draft(company, "email,externalId", "A@Example.com,1", "c@example.com,7", "d@example.com,8")

    assert verdicts(batch) == [INVITED, INVITED, READY]
    assert [row.invitation for row in batch.rows.order_by("number")] == [by_address, by_external_id, None]
    assert errors(batch)[1] == "An open invitation with this external id exists."


def test_what_is_another_companys_for_a_whole_domain_or_a_repair_is_in_nobodys_way(company):
    run(CompanyFactory(), people(1))
    used_up(Invitation.objects.get())
    make_invitation(allowed_emails=["person0@example.com"], external_id="7")
    make_invitation(company, allowed_emails=["*@example.com"])
    repaired = make_connection(company)
    create_repair_invitation(repaired, by=SYSTEM, allowed_emails=["person0@example.com"], external_id="7")

    assert verdicts(draft(company, "email,externalId", "person0@example.com,7")) == [READY]
    assert verdicts(draft(company, people(1))) == [READY]


def test_rows_are_compared_anew_when_they_are_created(company):
    batch = start_batch(draft(company, people(3)), by=UserFactory())
    in_between = make_invitation(company, allowed_emails=["person1@example.com"])

    create_next(batch.pk)

    assert verdicts(batch) == [CREATED, INVITED, CREATED]
    assert batch.rows.get(number=3).invitation == in_between
