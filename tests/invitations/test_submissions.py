"""A form makes one invitation, however often and however fast it is sent."""

from uuid import uuid4

import pytest

from companies.actors import SYSTEM, Actor
from config.exceptions import InvalidField
from invitations.exceptions import SubmittedBefore
from invitations.models import Delivery, EventType, Invitation, InvitationEvent
from invitations.services.invitations import create_invitation, create_repair_invitation, revoke_invitation
from tests.factories import UserFactory, make_connection, make_invitation
from tests.races import race


@pytest.fixture
def staff(db):
    return Actor.staff(UserFactory())


def test_the_same_form_again_is_refused_with_what_it_made(company, staff):
    form_id = uuid4()
    made = create_invitation(company, by=staff, form_id=form_id)

    with pytest.raises(SubmittedBefore) as refusal:
        create_invitation(company, by=staff, form_id=form_id, max_uses=7)

    assert refusal.value.invitation_id == made.pk
    assert Invitation.objects.get() == made


def test_the_same_form_again_makes_no_repair_either(staff):
    connection, form_id = make_connection(), uuid4()
    made = create_repair_invitation(connection, by=staff, form_id=form_id)

    for create in (create_repair_invitation, lambda it, **how: create_invitation(it.company, **how)):
        with pytest.raises(SubmittedBefore):
            create(connection, by=staff, form_id=form_id)
    assert Invitation.objects.get() == made


def test_other_forms_and_no_form_make_others(company, staff):
    for form_id in (uuid4(), uuid4(), None, None):
        create_invitation(company, by=staff, form_id=form_id)

    assert Invitation.objects.count() == 4


def test_a_form_that_was_refused_may_be_sent_again(company, staff):
    form_id = uuid4()
    with pytest.raises(InvalidField):
        create_invitation(company, by=staff, form_id=form_id, max_uses=0)

    assert create_invitation(company, by=staff, form_id=form_id, max_uses=1).pk


@pytest.mark.parametrize("whose", ["another's", "another event's"])
def test_a_name_that_is_taken_by_something_else_tells_nothing_of_it(company, staff, whose):
    other = make_invitation(company, by=Actor.staff(UserFactory()) if whose == "another's" else staff)
    if whose == "another event's":
        revoke_invitation(other, by=staff)
    taken = InvitationEvent.objects.latest("pk").pk

    with pytest.raises(InvalidField) as refusal:
        create_invitation(company, by=staff, form_id=taken)

    assert refusal.value.field == ("form_id",)
    assert Invitation.objects.count() == 1


def test_whatever_the_system_makes_needs_no_form(company):
    assert create_invitation(company, by=SYSTEM).events.get().type == EventType.CREATED


@pytest.mark.django_db(transaction=True)
def test_of_twenty_that_are_sent_at_once_one_is_made(company, jobs):
    staff, form_id = Actor.staff(UserFactory()), uuid4()

    def send(index):
        return create_invitation(company, by=staff, form_id=form_id, allowed_emails=["a@example.com"], send_email=True)

    answers = race(20, send)

    made = Invitation.objects.get()
    refused = [answer for answer in answers if isinstance(answer, SubmittedBefore)]
    assert [answer for answer in answers if answer not in refused] == [made]
    assert {answer.invitation_id for answer in refused} == {made.pk}
    assert Delivery.objects.count() == made.events.count() == len(jobs.names) == 1
