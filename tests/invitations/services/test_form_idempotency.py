from uuid import uuid4

import pytest

from companies.actors import Actor
from config.exceptions import InvalidField
from invitations.exceptions import SubmittedBefore
from invitations.models import Delivery, Invitation, InvitationEvent
from invitations.services.invitations import create_invitation, create_repair_invitation, revoke_invitation
from tests.factories import UserFactory, make_connection, make_invitation
from tests.races import race


@pytest.fixture
def staff(db):
    return Actor.staff(UserFactory())


def test_repeated_form_names_its_invitation(company, staff):
    form_id = uuid4()
    made = create_invitation(company, by=staff, form_id=form_id)

    with pytest.raises(SubmittedBefore) as refusal:
        create_invitation(company, by=staff, form_id=form_id, max_uses=7)

    assert refusal.value.invitation_id == made.pk
    assert Invitation.objects.get() == made


def test_repeated_form_creates_no_repair(staff):
    connection, form_id = make_connection(), uuid4()
    made = create_repair_invitation(connection, by=staff, form_id=form_id)

    for create in (create_repair_invitation, lambda it, **how: create_invitation(it.company, **how)):
        with pytest.raises(SubmittedBefore):
            create(connection, by=staff, form_id=form_id)
    assert Invitation.objects.get() == made


def test_other_forms_create_other_invitations(company, staff):
    for form_id in (uuid4(), uuid4(), None, None):
        create_invitation(company, by=staff, form_id=form_id)

    assert Invitation.objects.count() == 4


def test_refused_form_may_be_sent_again(company, staff):
    form_id = uuid4()
    with pytest.raises(InvalidField):
        create_invitation(company, by=staff, form_id=form_id, max_uses=0)

    assert create_invitation(company, by=staff, form_id=form_id, max_uses=1).pk


@pytest.mark.parametrize("whose", ["another's", "another event's"])
def test_foreign_form_id_reveals_nothing(company, staff, whose):
    other = make_invitation(company, by=Actor.staff(UserFactory()) if whose == "another's" else staff)
    if whose == "another event's":
        revoke_invitation(other, by=staff)
    taken = InvitationEvent.objects.latest("pk").pk

    with pytest.raises(InvalidField) as refusal:
        create_invitation(company, by=staff, form_id=taken)

    assert refusal.value.field == ("form_id",)
    assert Invitation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_equal_forms_create_one_invitation(company, jobs):
    staff, form_id = Actor.staff(UserFactory()), uuid4()

    def send(index):
        return create_invitation(company, by=staff, form_id=form_id, allowed_emails=["a@example.com"], send_email=True)

    answers = race(20, send)

    made = Invitation.objects.get()
    refused = [answer for answer in answers if isinstance(answer, SubmittedBefore)]
    assert [answer for answer in answers if answer not in refused] == [made]
    assert {answer.invitation_id for answer in refused} == {made.pk}
    assert Delivery.objects.count() == made.events.count() == len(jobs.names) == 1
