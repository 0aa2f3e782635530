"""What an invitation to repair says, in its mail, on its first page, and when it is closed: what holds now."""

from email import message_from_bytes, policy

import pytest

from companies.actors import SYSTEM
from connections.models.status import Status
from invitations.emails import invitation_mail
from invitations.models import Delivery, PersonalLink
from invitations.services.invitations import create_repair_invitation
from tests.factories import CompanyFactory, DatasourceFactory, make_connection, make_invitation
from tests.invitations.answers import page, saved
from tests.invitations.repairs import MENDABLE_STATES, OTHER_STATES, expire, found, fulfil, read, revoke

pytestmark = pytest.mark.django_db

ANNA = "anna@example.com"
NEEDED = "Your help is needed with a login"
NOTHING = "There is nothing to do at the moment"
AT_REST = [Status.PENDING, *OTHER_STATES]


@pytest.fixture
def company():
    return CompanyFactory(name="Riverside Bakeries", partner__name="Northwind Energy")


def standing(company, status):
    """A connection in this status; of those that were checked, none has ever worked but the one that does."""
    connection = make_connection(company, datasource=DatasourceFactory(name="Acme Water"))
    return connection if status == Status.PENDING else found(connection, Status(status))


def mailed(connection):
    """The subject, and what the text and the HTML say, of a mail that leaves now."""
    create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA], send_email=True)
    mail = invitation_mail(Delivery.objects.get(), PersonalLink.objects.get())
    parsed = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    bodies = (parsed.get_body((kind,)).get_content() for kind in ("plain", "html"))
    said = [" ".join(body.replace("<strong>", "").replace("</strong>", "").split()) for body in bodies]
    return parsed["Subject"], said


# --- the mail


@pytest.mark.parametrize("status", MENDABLE_STATES)
def test_the_mail_asks_for_the_login_of_a_connection_that_needs_one(company, status):
    subject, bodies = mailed(standing(company, status))
    assert subject == "Northwind Energy needs a new login for Acme Water of Riverside Bakeries"
    for said in bodies:
        assert "Northwind Energy cannot collect data from Acme Water for Riverside Bakeries" in said
        assert "no longer" not in said
        assert NOTHING not in said


STANDS = {Status.CONNECTED: " It works.", Status.PENDING: " It is being checked."}


@pytest.mark.parametrize("status", AT_REST)
def test_the_mail_asks_nobody_for_help_that_is_not_needed(company, status):
    subject, bodies = mailed(standing(company, status))
    assert subject == "Northwind Energy lets you change the login for Acme Water of Riverside Bakeries"
    for said in bodies:
        assert NOTHING in said
        assert f"the login at Acme Water of Riverside Bakeries.{STANDS.get(status, '')} If its password" in said
        assert "cannot collect" not in said
        assert "needs your help" not in said


def test_the_mail_says_how_it_stands_when_it_leaves(company):
    connection = standing(company, Status.PASSWORD_INCORRECT)
    subject, _ = mailed(connection)
    assert "needs a new login" in subject
    found(connection, Status.CONNECTED)
    mail = invitation_mail(Delivery.objects.get(), PersonalLink.objects.get())
    assert "needs a new login" not in mail.subject


# --- the first page


@pytest.mark.parametrize("status", [*MENDABLE_STATES, *AT_REST])
def test_nobody_has_to_prove_an_address_to_learn_that_there_is_nothing_to_do(client, company, status):
    invitation = create_repair_invitation(standing(company, status), by=SYSTEM, allowed_emails=[ANNA])
    content = read(client.get(page(invitation)))
    assert (NEEDED in content, NOTHING in content) == ((True, False) if status in MENDABLE_STATES else (False, True))
    assert "Verify your email address first" in content


def test_a_stranger_cannot_tell_why_there_is_nothing_to_do(client, company):
    connection = standing(company, Status.PENDING)
    invitation = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA])
    pages = set()
    for status in OTHER_STATES:
        pages.add(client.get(page(invitation)).content)
        type(connection).objects.update(status=status)
    assert len(pages) == 1


@pytest.mark.parametrize("allowed", [[], [ANNA]], ids=["for anyone", "restricted"])
@pytest.mark.parametrize("status", [*MENDABLE_STATES, *AT_REST])
def test_where_there_is_nothing_to_do_the_button_does_not_press_one_on(client, company, status, allowed):
    invitation = create_repair_invitation(standing(company, status), by=SYSTEM, allowed_emails=allowed)
    content = read(client.get(page(invitation)))
    where = page(invitation, "verify" if allowed else "connect")
    pressing = f'<a class="button" href="{where}">Continue</a>'
    quiet = f'<a class="button button--quiet" href="{where}">Give a new login</a>'
    assert (pressing in content, quiet in content) == (status in MENDABLE_STATES, status in AT_REST)


def test_the_button_of_a_personal_link_does_not_press_one_on_either(client, company):
    mailed(standing(company, Status.CONNECTED))
    content = read(client.get(f"/p/i/{PersonalLink.objects.get().token}"))
    assert '<button class="button button--quiet" type="submit">Give a new login as a•••@example.com</button>' in content


# --- when it is closed

CLOSED = {"revoked": revoke, "used up": fulfil, "expired": expire}


@pytest.mark.parametrize("close", CLOSED.values(), ids=CLOSED)
@pytest.mark.parametrize("status", [*MENDABLE_STATES, *AT_REST])
def test_a_closed_invitation_says_that_there_is_nothing_to_do_where_the_login_works_and_only_there(
    client, company, status, close
):
    invitation = create_repair_invitation(standing(company, status), by=SYSTEM)
    close(invitation)
    content = read(client.get(page(invitation)), 410)
    assert ("The login works, so there is nothing to do" in content) == (status == Status.CONNECTED)
    assert "need to do anything" not in content


def test_a_used_up_invitation_whose_login_was_refused_claims_no_connection(client, company):
    invitation = make_invitation(company, max_uses=1)
    found(saved(client, invitation))
    content = read(client.get(page(invitation)), 410)
    assert "Every login this invitation was for has been given." in content
    assert "The provider refused the login." in content
    assert "connected." not in content
