import pytest

from companies.actors import SYSTEM
from connections.services.catalogue import update_datasource
from invitations.services.invitations import create_repair_invitation
from tests.factories import make_connection
from tests.invitations.answers import PASSWORD, answers, page, saved
from tests.invitations.contributor.forms.extras import LOGIN, is_beside_password
from tests.invitations.contributor.steps import tag
from tests.invitations.repairs import opened, read

pytestmark = pytest.mark.django_db


def test_required_answer_stands_with_question(client, company):
    connection = make_connection(company, credentials=LOGIN)
    update_datasource(connection.datasource, asks_for=["security_answer"])
    content = read(client.get(page(create_repair_invitation(connection, by=SYSTEM), "connect")))
    assert is_beside_password(content, "security_question")
    assert is_beside_password(content, "security_answer")


def test_answers_are_stored_with_questions(client, invitation):
    typed = {
        "security_question": "First pet?",
        "security_answer": "Rex",
        "third_question": "Street?",
        "third_answer": "Mill Lane",
    }
    pairs = [{"question": "First pet?", "answer": "Rex"}, {"question": "Street?", "answer": "Mill Lane"}]
    credentials = opened(saved(client, invitation, **typed))
    assert (credentials["security_answer"], credentials["security_answers"]) == ("Rex", pairs)


def test_single_answer_needs_no_question(client, invitation):
    credentials = opened(saved(client, invitation, security_answer="Rex"))
    assert credentials == {"username": "riverside", "password": PASSWORD, "security_answer": "Rex"}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"security_question": "First pet?"}, "Enter the answer to this question."),
        ({"second_question": "First pet?"}, "Enter the answer to this question."),
        ({"security_answer": "Rex", "second_question": "Street?", "second_answer": "Mill"}, "Enter the question"),
        ({"second_question": "Street?", "second_answer": "Mill", "third_answer": "Rex"}, "Enter the question"),
    ],
)
def test_several_answers_need_questions(client, invitation, typed, error):
    content = read(client.post(page(invitation, "connect"), answers(**typed)))
    assert content.count(error) == 2
    assert content.count('<details class="more" open>') == (2 if "second_question" in typed else 1)


CONCEALED = ["authenticator_seed", "security_answer", "second_answer", "third_answer"]
IN_SIGHT = ["username", "account_number", "security_question", "second_question", "third_question"]


def test_secret_answers_are_concealed(client, to_repair):
    content = read(client.get(page(to_repair, "connect")))
    for name in CONCEALED:
        field = tag(content, name)
        assert 'class="concealed"' in field
        assert "data-reveal" in field
        assert 'autocomplete="off"' in field
        # browsers take several password inputs for several logins
        assert 'type="text"' in field


def test_plain_extras_are_visible(client, to_repair):
    content = read(client.get(page(to_repair, "connect")))
    assert not [name for name in IN_SIGHT if "concealed" in tag(content, name) or "data-reveal" in tag(content, name)]
