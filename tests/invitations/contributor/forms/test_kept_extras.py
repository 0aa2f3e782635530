import logging

import pytest

from companies.actors import SYSTEM
from connections.models import Credential
from connections.models.status import Status
from invitations.services.invitations import create_repair_invitation
from tests.factories import make_connection, make_invitation
from tests.invitations.answers import answers, page, saved
from tests.invitations.contributor.forms.extras import EXTRA, KEPT, LOGIN, is_open
from tests.invitations.repairs import NEW, found, login, opened, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, max_uses=1)


def test_repair_keeps_empty_extras(client, company, demanding):
    credentials = LOGIN | EXTRA | {"security_answer": "first pet"}
    connection = make_connection(company, datasource=demanding, credentials=credentials)
    found(connection, Status.NEW_PASSWORD_NEEDED)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    content = read(client.get(page(invitation, "connect")))
    assert content.count(KEPT) == 2
    assert "keep the answers that were given before" in content
    assert not any(secret in content for secret in credentials.values())
    assert not is_open(content)
    empty = dict.fromkeys((*EXTRA, "security_answer"), "")
    assert client.post(page(invitation, "connect"), login(**empty)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW, "security_answer": "first pet"} | EXTRA


def test_correction_keeps_empty_extras(client, invitation, demanding):
    connection = found(saved(client, invitation, provider=demanding.name, **EXTRA))
    content = read(client.get(page(invitation, "done")))
    assert content.count(KEPT) == 2
    assert "4711" not in content
    assert client.post(page(invitation, "correct"), login()).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_nothing_stored_nothing_kept(client, invitation, connected):
    found(connected)
    assert "given before" not in read(client.get(page(invitation, "done")))
    assert "given before" not in read(client.get(page(make_invitation(), "connect")))


def test_page_does_not_decrypt_extras(client, invitation, demanding, caplog):
    connection = found(saved(client, invitation, provider=demanding.name, **EXTRA))
    repair = create_repair_invitation(connection, by=SYSTEM)
    Credential.objects.update(encrypted=b"broken")  # decrypting it would log an error
    for shown, name in ((repair, "connect"), (invitation, "done"), (invitation, "state")):
        assert read(client.get(page(shown, name))).count(KEPT) == 2
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]


def test_unreadable_credentials_can_be_replaced(client, company):
    connection = make_connection(company, credentials=LOGIN | EXTRA)
    Credential.objects.update(encrypted=b"broken")
    invitation = create_repair_invitation(connection, by=SYSTEM)
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW}
    assert "given before" not in read(client.get(page(invitation, "connect")))


def test_extras_never_return_to_page(client, invitation, demanding):
    typed = {"security_question": "first question", "security_answer": "first pet", "second_answer": "second pet"}
    fields = {"provider": demanding.name, **typed, **EXTRA, "password": ""}
    content = read(client.post(page(invitation, "connect"), answers(**fields)))
    assert not any(secret in content for secret in (*typed.values(), *EXTRA.values()))


FORGOT = "For your safety, please type this again:"
TYPED = [
    ({}, "Password."),
    ({"authenticator_seed": "KEY"}, "Password and Authenticator key."),
    ({"password": "", "security_answer": "Rex"}, "Answer to the security question."),
]


@pytest.mark.parametrize(("typed", "words"), TYPED)
def test_emptied_fields_are_named(client, to_repair, typed, words):
    content = read(client.post(page(to_repair, "connect"), login(username="", **typed)))
    assert f"{FORGOT} {words}" in content


@pytest.mark.parametrize("opened", ["connect", "repair", "correct"])
def test_empty_password_is_not_named(client, company, to_repair, opened):
    if opened == "connect":
        content = read(client.post(page(make_invitation(company), "connect"), answers(password="")))
    elif opened == "repair":
        content = read(client.post(page(to_repair, "connect"), login(password="")))
    else:
        client.post(page(to_repair, "connect"), login())
        found(to_repair.connection)
        content = read(client.post(page(to_repair, "correct"), login(password="")))
    assert "Enter the password" in content
    assert FORGOT not in content
