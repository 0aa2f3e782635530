from datetime import timedelta

import pytest
from django.db import DataError, IntegrityError, models
from django.utils import timezone

from companies.actors import SYSTEM
from companies.models import Company, PartnerEvent
from config.db.inserts import Insert
from config.db.statements import Statement
from invitations.models import EventType, Invitation, InvitationEvent
from invitations.services.events import new_event, publication
from invitations.services.invitations import draft_invitation
from invitations.services.statements import insert_invitation
from tests.factories import CompanyFactory, PartnerFactory

company_insert = Insert(Company, "company")
insert_company = Statement(f"{company_insert.sql} RETURNING id")


def values(row: models.Model) -> dict[str, object]:
    return {
        field.attname: bytes(value) if isinstance(field, models.BinaryField) else value
        for field in row._meta.concrete_fields
        for value in [getattr(row, field.attname)]
    }


@pytest.mark.parametrize("is_full", [True, False])
def test_inserted_rows_are_read_as_they_were(company, is_full):
    terms = {"allowed_emails": ["anna@example.com"], "message": "é\n", "metadata": {"a": "b"}, "max_uses": 100_000}
    invitation = (
        draft_invitation(company, expires_in=timedelta(days=1), **terms) if is_full else draft_invitation(company)
    )
    event = new_event(invitation, EventType.CREATED, by=SYSTEM, changes={"a": [1, None]})

    published = publication(EventType.CREATED, invitation)

    insert_invitation(invitation, event, published)

    assert values(Invitation.objects.get()) == values(invitation)
    assert values(PartnerEvent.objects.get()) == values(published)
    assert values(InvitationEvent.objects.get()) == values(event)
    assert not invitation._state.adding


def test_second_event_with_the_id_stores_nothing(company):
    first, second = draft_invitation(company), draft_invitation(company)
    event = new_event(first, EventType.CREATED, by=SYSTEM)
    insert_invitation(first, event, publication(EventType.CREATED, first))

    again = new_event(second, EventType.CREATED, by=SYSTEM, event_id=event.pk)
    with pytest.raises(IntegrityError):
        insert_invitation(second, again, publication(EventType.CREATED, second))


def test_long_text_is_refused_not_cut(db):
    company = CompanyFactory.build(partner=PartnerFactory(), name="x" * 201, created_at=timezone.now())

    with pytest.raises(DataError):
        insert_company.row(**company_insert.values(company))
