"""How a login is typed: what is concealed meanwhile, and what has to be typed again."""

import re

import pytest

from companies.actors import SYSTEM
from connections.models.status import Status
from invitations.services.invitations import create_repair_invitation
from tests.factories import make_connection, make_invitation
from tests.invitations.answers import answers, page
from tests.invitations.repairs import found, login, read

pytestmark = pytest.mark.django_db

CONCEALED = ["authenticator_seed", "security_answer", "second_answer", "third_answer"]
IN_SIGHT = ["username", "account_number", "security_question", "second_question", "third_question"]
FORGOT = "For your safety we did not keep what you typed here. Please type it again:"


@pytest.fixture
def to_repair(company):
    return create_repair_invitation(found(make_connection(company)), by=SYSTEM)


def tag(content, name):
    (found,) = re.findall(rf'<input[^>]* name="{name}"[^>]*>', content)
    return found


@pytest.mark.parametrize("name", CONCEALED)
def test_what_proves_who_one_is_is_concealed_while_it_is_typed_and_can_be_shown(client, to_repair, name):
    field = tag(read(client.get(page(to_repair, "connect"))), name)
    assert 'class="concealed"' in field
    assert "data-reveal" in field
    assert 'autocomplete="off"' in field
    # of several password inputs a browser would take each for a login
    assert 'type="text"' in field


@pytest.mark.parametrize("name", IN_SIGHT)
def test_what_opens_nothing_by_itself_can_be_read_while_it_is_typed(client, to_repair, name):
    field = tag(read(client.get(page(to_repair, "connect"))), name)
    assert "concealed" not in field
    assert "data-reveal" not in field


TYPED = [
    ({}, "Password."),
    ({"authenticator_seed": "KEY"}, "Password and Authenticator key."),
    ({"password": "", "security_answer": "Rex"}, "Answer to the security question."),
]


@pytest.mark.parametrize(("typed", "words"), TYPED)
def test_what_was_typed_and_is_not_kept_is_named(client, to_repair, typed, words):
    content = read(client.post(page(to_repair, "connect"), login(username="", **typed)))
    assert f"{FORGOT} {words}" in content


@pytest.mark.parametrize("opened", ["connect", "repair", "correct"])
def test_where_no_password_was_typed_none_was_forgotten(client, company, to_repair, opened):
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


@pytest.mark.parametrize("status", [Status.PASSWORD_INCORRECT, Status.WEBSITE_DOWN, Status.CONNECTED])
def test_the_page_of_a_repair_tells_what_the_provider_answered(client, company, status):
    connection = found(make_connection(company), status, error_detail="Call 0800 1 to unlock your account.")
    invitation = create_repair_invitation(connection, by=SYSTEM)
    for name in ("", "connect"):
        assert "The provider’s answer: Call 0800 1 to unlock your account." in read(client.get(page(invitation, name)))


def test_where_the_provider_answered_nothing_no_answer_is_told(client, to_repair):
    assert "The provider’s answer" not in read(client.get(page(to_repair, "connect")))
