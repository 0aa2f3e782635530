"""Creation unless an open invitation for the same recipients exists."""

from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from config.exceptions import InvalidField
from connections.models.status import Status as ConnectionStatus
from invitations.exceptions import OpenInvitationExists
from invitations.models import Invitation
from invitations.services.invitations import create_invitation, create_repair_invitation, revoke_invitation
from tests.factories import CompanyFactory, make_connection, make_invitation
from tests.races import race


def exists(create):
    """Id of the open invitation that keeps `create` from creating one, or None."""
    before = Invitation.objects.count()
    try:
        create()
    except OpenInvitationExists as error:
        assert Invitation.objects.count() == before
        return error.invitation_id
    return None


def invite(company, *emails):
    return create_invitation(company, by=SYSTEM, allowed_emails=emails, unless_open=True)


def repair(connection, *emails, **terms):
    return create_repair_invitation(connection, by=SYSTEM, allowed_emails=emails, unless_open=True, **terms)


def test_recipients_are_compared_by_entry(company):
    first = make_invitation(company, allowed_emails=["anna@example.com", "*@bakery.example"])
    cases = {
        ("ANNA@example.com",): True,
        ("ben@example.com", "anna@example.com"): True,
        ("*@bakery.example",): True,
        ("anna+1@example.com",): False,
        ("carl@bakery.example",): False,
        ("*@example.com",): False,
    }

    assert {case: exists(lambda case=case: invite(company, *case)) == first.pk for case in cases} == cases


def test_newest_open_invitation_counts(company):
    anna = "anna@example.com"
    older, newest = (make_invitation(company, allowed_emails=[anna]) for _ in range(2))

    assert exists(lambda: invite(company, anna)) == newest.pk
    revoke_invitation(newest, by=SYSTEM)
    assert exists(lambda: invite(company, anna)) == older.pk


def test_ended_and_other_invitations_do_not_count(company):
    anna, now = "anna@example.com", timezone.now()
    for fields in ({"revoked_at": now}, {"max_uses": 1, "use_count": 1}, {"expires_at": now - timedelta(hours=1)}):
        ended = make_invitation(company, allowed_emails=[anna])
        Invitation.objects.filter(pk=ended.pk).update(created_at=now - timedelta(days=1), **fields)
    make_invitation(CompanyFactory(partner=company.partner), allowed_emails=[anna])
    repair(make_connection(company), anna)

    assert exists(lambda: invite(company, anna)) is None


def test_comparison_needs_an_address(company):
    with pytest.raises(InvalidField) as error:
        invite(company)

    assert (error.value.field, error.value.field_code) == (("allowed_emails",), "required")


def test_repairs_of_one_connection_are_compared(company):
    connection, other = make_connection(company), make_connection(company)
    make_invitation(company, allowed_emails=["anna@example.com"])

    assert exists(lambda: repair(connection, "anna@example.com")) is None
    assert exists(lambda: repair(connection, "anna@example.com"))
    assert exists(lambda: repair(connection, "ben@example.com")) is None
    assert exists(lambda: repair(connection)) is None
    assert exists(lambda: repair(connection))
    assert exists(lambda: repair(other)) is None


def test_repair_that_has_worked_does_not_count(company):
    connection = make_connection(company)
    done = repair(connection)
    Invitation.objects.filter(pk=done.pk).update(use_count=1)
    connection.status = ConnectionStatus.CONNECTED

    assert exists(lambda: repair(connection)) is None


@pytest.mark.django_db(transaction=True)
def test_simultaneous_creations_make_one_invitation():
    company = CompanyFactory()
    connection = make_connection(company)

    invited = race(8, lambda number: invite(company, "anna@example.com", f"person{number}@example.com"))
    repaired = race(8, lambda _: repair(connection))

    for outcomes in (invited, repaired):
        (created,) = [each for each in outcomes if isinstance(each, Invitation)]
        assert {each.invitation_id for each in outcomes if each is not created} == {created.pk}
