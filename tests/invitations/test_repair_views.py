"""The pages of an invitation to repair."""

import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from companies.actors import SYSTEM
from connections.models import Connection, Credential
from connections.models.status import Status
from connections.models.status_texts import STATUS_TEXTS
from invitations.models import InvitationEvent, PersonalLink
from invitations.services.invitations import create_repair_invitation
from tests.factories import DatasourceFactory, make_connection
from tests.invitations.answers import page
from tests.invitations.repairs import (
    MENDABLE_STATES,
    NEW,
    OTHER_STATES,
    create_proof,
    expire,
    found,
    fulfil,
    login,
    opened,
    read,
    revoke,
    rows,
)

pytestmark = pytest.mark.django_db

ANNA = "anna@example.com"


@pytest.fixture
def broken(company):
    """A connection whose password was refused."""
    return found(make_connection(company), Status.PASSWORD_INCORRECT)


@pytest.fixture
def to_repair(broken):
    return create_repair_invitation(broken, by=SYSTEM)


@pytest.mark.parametrize("name", ["", "connect"])
@pytest.mark.parametrize("status", MENDABLE_STATES)
def test_the_page_names_the_provider_and_the_reason(client, company, name, status):
    connection = found(make_connection(company), status)
    content = read(client.get(page(create_repair_invitation(connection, by=SYSTEM), name)))
    assert f"The login at {connection.provider_name} needs your help" in content
    assert str(STATUS_TEXTS[status].title) in content
    assert str(STATUS_TEXTS[status].explanation) in content


@pytest.mark.parametrize("status", sorted(set(OTHER_STATES) - {Status.CONNECTED}))
def test_where_a_new_login_would_not_help_nobody_is_asked_for_help(client, company, status):
    connection = found(make_connection(company), status)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    content = read(client.get(page(invitation, "connect")))
    assert str(STATUS_TEXTS[status].title) in content
    assert "You do not need to do anything about this" in content
    assert "needs your help" not in content
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    assert opened(connection)["password"] == NEW


def test_on_a_healthy_connection_there_is_nothing_to_do_and_a_new_password_is_taken(client, company):
    connection = found(make_connection(company), Status.CONNECTED)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    for name in ("", "connect"):
        assert "There is nothing to do" in read(client.get(page(invitation, name)))
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    connection.refresh_from_db()
    assert (opened(connection)["password"], connection.status) == (NEW, Status.PENDING)


def test_a_connection_that_waits_says_that_it_is_being_checked(client, company):
    invitation = create_repair_invitation(make_connection(company), by=SYSTEM)
    assert "The login is being checked" in read(client.get(page(invitation, "connect")))


def test_a_repair_keeps_the_connection_spends_one_use_and_is_followed(client, broken, to_repair):
    response = client.post(page(to_repair, "connect"), login())
    assert (response.status_code, response["Location"]) == (302, page(to_repair, "done"))
    broken.refresh_from_db()
    to_repair.refresh_from_db()
    assert (broken.status, opened(broken)["password"]) == (Status.PENDING, NEW)
    assert (Connection.objects.count(), to_repair.use_count) == (1, 1)
    assert "data-waiting" in read(client.get(page(to_repair, "state")))
    content = read(client.get(page(to_repair, "done")))
    assert broken.provider_name in content
    assert "Connect another account" not in content


def test_a_repair_that_is_refused_again_is_corrected_without_another_use(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, max_uses=1)
    client.post(page(invitation, "connect"), login(password="wrong again"))
    found(broken)
    assert client.post(page(invitation, "correct"), login()).status_code == 302
    invitation.refresh_from_db()
    assert (opened(broken)["password"], invitation.use_count) == (NEW, 1)


def test_the_provider_cannot_be_changed(client, broken, to_repair):
    content = read(client.get(page(to_repair, "connect")))
    assert broken.provider_name in content
    assert not re.search(r'name="(provider|datasource|url|sites|country)"', content)
    before = Connection.objects.values("datasource", "url", "country", "company", "owner_email").get()
    other = DatasourceFactory()
    forged = {
        "provider": other.name,
        "datasource": str(other.pk),
        "url": "https://evil.example/login",
        "country": "FR",
        "owner_email": "evil@example.com",
        "connection": str(make_connection().pk),
        "status": "CONNECTED",
    }
    assert client.post(page(to_repair, "connect"), login(**forged)).status_code == 302
    assert (
        Connection.objects.values("datasource", "url", "country", "company", "owner_email").get(pk=broken.pk) == before
    )
    broken.refresh_from_db()
    assert broken.status == Status.PENDING


def test_a_repair_posted_again_is_saved_once(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, max_uses=1)
    filled = login()
    for _ in range(3):
        assert client.post(page(invitation, "connect"), filled)["Location"] == page(invitation, "done")
    invitation.refresh_from_db()
    assert (invitation.use_count, Credential.objects.get(connection=broken).version) == (1, 2)
    assert InvitationEvent.objects.filter(type="USED").count() == 1


def test_the_page_never_shows_what_the_vault_has(client, company):
    connection = found(make_connection(company, credentials={"username": "old user", "password": "old secret"}))
    invitation = create_repair_invitation(connection, by=SYSTEM)
    for name in ("", "connect", "done", "state"):
        content = client.get(page(invitation, name)).content.decode()
        assert "old user" not in content
        assert "old secret" not in content


def test_a_form_with_errors_keeps_no_password(client, to_repair):
    content = read(client.post(page(to_repair, "connect"), login(username="")))
    assert "n3w" not in content
    assert "Enter the user name" in content


CLOSED = {
    "revoked": (revoke, "This invitation was withdrawn"),
    "used up": (fulfil, "This invitation has been used"),
    "expired": (expire, "This invitation has expired"),
}


@pytest.mark.parametrize(
    "filled", [None, {}, {"username": ""}], ids=["looked at", "complete form", "form with an error"]
)
@pytest.mark.parametrize(("close", "words"), CLOSED.values(), ids=CLOSED)
def test_a_closed_invitation_repairs_nothing(client, broken, to_repair, close, words, filled):
    close(to_repair)
    before = rows()
    address = page(to_repair, "connect")
    response = client.get(address) if filled is None else client.post(address, login(**filled))
    assert words in read(response, 410)
    assert rows() == before


def test_looking_changes_nothing_but_what_was_viewed(client, broken, to_repair):
    for _ in range(2):
        for name in ("", "verify", "connect", "done", "state", "correct", "accept_link", "code"):
            client.get(page(to_repair, name))
            client.head(page(to_repair, name))
    assert [event.type for event in to_repair.events.order_by("pk")] == ["CREATED", "VIEWED"]
    broken.refresh_from_db()
    to_repair.refresh_from_db()
    assert (broken.status, to_repair.use_count) == (Status.PASSWORD_INCORRECT, 0)


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_restricted_repair_needs_the_proof(client, broken, method):
    invitation = create_repair_invitation(broken, by=SYSTEM, allowed_emails=[ANNA])
    before = rows()
    response = getattr(client, method)(page(invitation, "connect"), login())
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))
    assert rows() == before


@pytest.mark.parametrize("status", [Status.PENDING, Status.CONNECTED, *MENDABLE_STATES])
def test_a_stranger_with_the_link_learns_neither_the_provider_nor_what_is_wrong(client, company, status):
    connection = make_connection(company, datasource=DatasourceFactory(name="Acme Water"))
    if status != Status.PENDING:
        found(connection, status, error_detail="The site said no.")
    invitation = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANNA], send_email=True)
    link = PersonalLink.objects.get()
    for token in (invitation.token, link.token):
        for name in ("", "/verify", "/connect", "/code", "/done", "/state"):
            content = client.get(f"/p/i/{token}{name}", follow=True).content.decode()
            for kept in ("Acme", connection.provider_host, "The site said no", str(STATUS_TEXTS[Status(status)].title)):
                assert kept not in content
    content = read(client.get(page(invitation)))
    assert "Verify your email address first" in content
    assert company.partner.name in content

    create_proof(client, invitation, ANNA)
    content = read(client.get(page(invitation)))
    assert "Acme Water" in content
    assert "Verify your email address first" not in content


def test_a_restricted_repair_remembers_who_proved_which_address(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, allowed_emails=[ANNA])
    create_proof(client, invitation, ANNA)
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    broken.refresh_from_db()
    assert broken.verified_email == ANNA


def test_hostile_text_is_text_on_the_pages_of_a_repair(client, company):
    hostile = '"><script>alert(1)</script>{{ 7*7 }}'
    connection = make_connection(company, datasource=DatasourceFactory(name=hostile))
    found(connection, error_detail=hostile)
    invitation = create_repair_invitation(connection, by=SYSTEM, message=hostile)
    for name in ("", "connect"):
        content = read(client.get(page(invitation, name)))
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in content


def test_a_repair_page_costs_few_queries(client, to_repair):
    client.get(page(to_repair, "connect"))  # the first look is noted
    with CaptureQueriesContext(database) as captured:
        read(client.get(page(to_repair, "connect")))
    assert len(captured) <= 2, [query["sql"] for query in captured]
