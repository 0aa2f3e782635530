from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.exceptions import NothingToCreate
from invitations.models import Invitation
from invitations.services.batches.create import create_next, start_batch
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from tests.factories import CompanyFactory, UserFactory, make_connection, make_invitation
from tests.invitations.services.batches.drafts import (
    CREATED,
    INVITED,
    READY,
    csv_file,
    draft,
    errors,
    people,
    run,
    statuses,
)


def use_up(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=1, use_count=1)


def expire(invitation):
    past = timezone.now() - timedelta(days=1)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=past - timedelta(days=9), expires_at=past)


def revoke(invitation):
    revoke_invitation(invitation, by=SYSTEM)


def test_same_file_again_creates_nothing(company):
    content = csv_file("email,externalId", "a@example.com,1", "b@example.com,", "c@example.com,3")
    first = run(company, content)

    again = draft(company, content)

    assert statuses(again) == [INVITED] * 3
    assert set(errors(again)) == {"An active invitation for this address exists."}
    assert [row.invitation_id for row in again.rows.order_by("number")] == [
        row.invitation_id for row in first.rows.order_by("number")
    ]
    with pytest.raises(NothingToCreate):
        start_batch(again, by=UserFactory())
    assert Invitation.objects.count() == 3


def test_same_row_counts_when_used_up(company):
    run(company, people(3))
    use_up(Invitation.objects.order_by("pk").first())

    batch = draft(company, people(3))

    assert statuses(batch) == [INVITED] * 3
    assert errors(batch)[0].startswith("The same row was created before, and its invitation has been used.")


def test_external_id_counts_when_used_up(company):
    run(company, "email,externalId", "a@example.com,1")
    use_up(Invitation.objects.get())

    assert statuses(draft(company, "email,externalId", "a@example.com,2")) == [READY]
    assert errors(draft(company, "email,externalId", "b@example.com,1")) == [
        "The invitation with this external id has been used."
    ]


@pytest.mark.parametrize("end", [expire, revoke])
def test_closed_invitation_does_not_count(company, end):
    content = csv_file("email,externalId", "a@example.com,1")
    run(company, content)
    end(Invitation.objects.get())

    assert statuses(run(company, content)) == [CREATED]


def test_single_invitations_count(company):
    by_address = make_invitation(company, allowed_emails=["a@example.com", "b@example.com"])
    by_external_id = make_invitation(company, external_id="7")

    batch = draft(company, "email,externalId", "A@Example.com,1", "c@example.com,7", "d@example.com,8")

    assert statuses(batch) == [INVITED, INVITED, READY]
    assert [row.invitation for row in batch.rows.order_by("number")] == [by_address, by_external_id, None]
    assert errors(batch)[1] == "An active invitation with this external id exists."


def test_unrelated_invitations_do_not_count(company):
    run(CompanyFactory(), people(1))
    use_up(Invitation.objects.get())
    make_invitation(allowed_emails=["person0@example.com"], external_id="7")
    make_invitation(company, allowed_emails=["*@example.com"])
    repaired = make_connection(company)
    create_repair_invitation(repaired, by=SYSTEM, allowed_emails=["person0@example.com"], external_id="7")

    assert statuses(draft(company, "email,externalId", "person0@example.com,7")) == [READY]
    assert statuses(draft(company, people(1))) == [READY]


def test_rows_are_compared_again_on_creation(company):
    batch = start_batch(draft(company, people(3)), by=UserFactory())
    meanwhile = make_invitation(company, allowed_emails=["person1@example.com"])

    create_next(batch.pk)

    assert statuses(batch) == [CREATED, INVITED, CREATED]
    assert batch.rows.get(number=3).invitation == meanwhile
