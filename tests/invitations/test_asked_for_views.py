"""What a provider asks for beside user name and password."""

import logging
import re

import pytest

from companies.actors import SYSTEM
from connections.models import Credential
from connections.models.status import Status
from connections.services.catalogue import update_datasource
from invitations.models.prefill import Prefill
from invitations.services.invitations import create_repair_invitation
from tests.factories import DatasourceFactory, make_connection, make_invitation
from tests.invitations.answers import PASSWORD, answers, page, saved
from tests.invitations.repairs import (
    NEW,
    found,
    login,
    opened,
    read,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, max_uses=1)


EXTRA = {"account_number": "4711", "authenticator_seed": "JBSWY3DP"}
LOGIN = {"username": "someone", "password": "something"}
ASKED = "Your provider asks for this"
KEPT = "Leave empty to keep what was given before."


@pytest.fixture
def demanding():
    return DatasourceFactory(name="Demanding Energy", asks_for=list(EXTRA))


def tag(content, name):
    """The field's input, as it stands in the page."""
    (found,) = re.findall(rf'<input[^>]* name="{name}"[^>]*>', content)
    return found


def is_open(content):
    return '<details class="more" open>' in content


def stands_beside_the_password(content, name):
    return content.index(tag(content, "password")) < content.index(tag(content, name)) < content.index("<details")


def is_optional(content, name):
    (label,) = re.findall(rf'<label for="id_{name}">(.*?)</label>', content)
    return "(optional)" in label


def holds_the_form_back(content, name):
    return " required" in tag(content, name)


# --- demanded


def test_what_the_provider_asks_for_is_demanded_when_connecting(client, invitation, demanding):
    fields = {"provider": demanding.name}
    content = read(client.post(page(invitation, "connect"), answers(**fields)))
    assert content.count(ASKED) == 4  # at each field and in the list above
    assert stands_beside_the_password(content, "account_number")
    assert not is_optional(content, "account_number")
    connection = saved(client, invitation, **fields, **EXTRA)
    assert opened(connection) == {"username": "riverside", "password": PASSWORD} | EXTRA


def prefilled(company, datasource, *locked):
    return make_invitation(company, prefill=Prefill(datasource_id=datasource.pk, locked_fields=locked))


@pytest.mark.parametrize("locked", [(), ("datasource_id",)], ids=["filled in", "locked"])
def test_a_provider_that_is_filled_in_beforehand_says_at_once_what_it_asks_for(client, company, demanding, locked):
    content = read(client.get(page(prefilled(company, demanding, *locked), "connect")))

    assert all(stands_beside_the_password(content, name) for name in EXTRA)
    assert not is_open(content)
    assert "Demanding Energy also asks for: Account number and Authenticator key." in content
    assert [is_optional(content, name) for name in ("account_number", "authenticator_seed")] == [False, False]
    assert is_optional(content, "security_answer")
    # where another provider may be chosen, the browser cannot know what that one asks for
    assert holds_the_form_back(content, "account_number") == bool(locked)


@pytest.mark.parametrize("locked", [(), ("datasource_id",)], ids=["filled in", "locked"])
def test_a_provider_that_is_filled_in_beforehand_gets_what_it_asks_for(client, company, demanding, locked):
    invitation = prefilled(company, demanding, *locked)
    posted = {"provider": None if locked else demanding.name}

    content = read(client.post(page(invitation, "connect"), answers(**posted)))
    assert content.count(ASKED) == 4
    assert "also asks for: Account number and Authenticator key." in content

    assert opened(saved(client, invitation, **posted, **EXTRA)).items() >= EXTRA.items()


def test_another_provider_than_the_one_filled_in_is_asked_for_its_own(client, company, demanding):
    invitation = prefilled(company, demanding)

    assert opened(saved(client, invitation)) == {"username": "riverside", "password": PASSWORD}


def test_what_the_provider_asks_for_is_demanded_when_repairing(client, company, demanding):
    connection = make_connection(company, credentials=LOGIN)
    update_datasource(connection.datasource, asks_for=list(EXTRA))
    invitation = create_repair_invitation(connection, by=SYSTEM)
    content = read(client.get(page(invitation, "connect")))
    assert stands_beside_the_password(content, "account_number")
    assert f"{connection.datasource.name} also asks for: Account number and Authenticator key." in content
    assert holds_the_form_back(content, "account_number")
    content = read(client.post(page(invitation, "connect"), login()))
    assert content.count(ASKED) == 4
    assert client.post(page(invitation, "connect"), login(**EXTRA)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_what_the_provider_asks_for_is_demanded_when_correcting(client, invitation):
    datasource = DatasourceFactory()
    connection = found(saved(client, invitation, provider=datasource.name))
    update_datasource(datasource, asks_for=list(EXTRA))
    content = read(client.post(page(invitation, "correct"), login()))
    assert content.count(ASKED) == 4
    assert stands_beside_the_password(content, "account_number")
    assert client.post(page(invitation, "correct"), login(**EXTRA)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


# --- wanted by the check


def test_the_fields_of_which_the_check_wants_some_stand_open(client, invitation, connected):
    assert '<details class="more">' in read(client.get(page(make_invitation(), "connect")))
    found(connected, Status.ADDITIONAL_CREDENTIALS_NEEDED)
    assert is_open(read(client.get(page(invitation, "state"))))


def test_the_field_that_the_check_wants_stands_before_those_that_nobody_asks_for(client, invitation, connected):
    found(connected, Status.MFA_TOKEN_EXPIRED)
    content = read(client.get(page(invitation, "state")))
    assert stands_beside_the_password(content, "authenticator_seed")
    assert not is_open(content)
    for claimed in ("also asks for", "key again"):
        assert claimed not in content
    # whoever gets codes has a way on
    assert "Codes that come by text message, phone or email cannot be used" in content


def test_an_answer_that_is_asked_for_stands_with_its_question(client, company):
    connection = make_connection(company, credentials=LOGIN)
    update_datasource(connection.datasource, asks_for=["security_answer"])
    content = read(client.get(page(create_repair_invitation(connection, by=SYSTEM), "connect")))
    assert stands_beside_the_password(content, "security_question")
    assert stands_beside_the_password(content, "security_answer")


@pytest.mark.parametrize("stored", [{}, EXTRA], ids=["none", "one"])
def test_an_authenticator_key_that_expired_is_demanded_whether_one_is_stored_or_not(client, invitation, stored):
    connection = found(saved(client, invitation, **stored), Status.MFA_TOKEN_EXPIRED)
    content = read(client.get(page(invitation, "state")))
    assert not is_optional(content, "authenticator_seed")
    assert holds_the_form_back(content, "authenticator_seed")
    assert is_optional(content, "account_number")
    assert f"{ASKED}." in read(client.post(page(invitation, "correct"), login()))
    assert client.post(page(invitation, "correct"), login(authenticator_seed="NEW")).status_code == 302
    assert opened(connection)["authenticator_seed"] == "NEW"


def test_where_more_is_needed_and_nobody_knows_what_at_least_one_thing_is(client, invitation):
    connection = found(saved(client, invitation, **EXTRA), Status.ADDITIONAL_CREDENTIALS_NEEDED)
    content = read(client.get(page(invitation, "state")))
    assert "at least one of these" in content
    assert "(optional)" not in content
    content = read(client.post(page(invitation, "correct"), login()))
    wanted = "Fill in at least one of these: account number, answer to the security question, authenticator key."
    assert f'<a href="#id_account_number">Account number – {wanted}</a>' in content
    assert 'aria-invalid="true"' in tag(content, "account_number")
    assert is_open(content)
    assert opened(connection)["password"] == PASSWORD
    assert client.post(page(invitation, "correct"), login(security_answer="Rex")).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW, "security_answer": "Rex"} | EXTRA


# --- kept


def test_a_repair_a_year_later_keeps_what_is_left_empty_and_says_so(client, company, demanding):
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


def test_a_correction_keeps_what_is_left_empty_and_says_so(client, invitation, demanding):
    connection = found(saved(client, invitation, provider=demanding.name, **EXTRA))
    content = read(client.get(page(invitation, "done")))
    assert content.count(KEPT) == 2
    assert "4711" not in content
    assert client.post(page(invitation, "correct"), login()).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_where_nothing_is_stored_nothing_is_kept(client, invitation, connected):
    found(connected)
    assert "given before" not in read(client.get(page(invitation, "done")))
    assert "given before" not in read(client.get(page(make_invitation(), "connect")))


def test_a_page_tells_what_is_kept_without_opening_it(client, invitation, demanding, caplog):
    connection = found(saved(client, invitation, provider=demanding.name, **EXTRA))
    repair = create_repair_invitation(connection, by=SYSTEM)
    Credential.objects.update(encrypted=b"broken")  # to open it would be an error in the log
    for shown, name in ((repair, "connect"), (invitation, "done"), (invitation, "state")):
        assert read(client.get(page(shown, name))).count(KEPT) == 2
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]


def test_where_nobody_noted_what_is_stored_the_page_demands_nothing_and_the_post_what_is_missing(
    client, company, demanding
):
    connection = make_connection(company, datasource=demanding, credentials=LOGIN | EXTRA)
    update_datasource(demanding, asks_for=[*EXTRA, "security_answer"])
    Credential.objects.update(extras=None)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    assert ASKED not in read(client.get(page(invitation, "connect")))
    content = read(client.post(page(invitation, "connect"), login()))
    assert "The provider asks for this: answer to the security question." in content
    assert is_open(content)
    assert client.post(page(invitation, "connect"), login(security_answer="Rex")).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW, "security_answer": "Rex"} | EXTRA


def test_login_details_that_no_key_opens_any_more_can_be_given_again(client, company):
    connection = make_connection(company, credentials=LOGIN | EXTRA)
    Credential.objects.update(encrypted=b"broken")
    invitation = create_repair_invitation(connection, by=SYSTEM)
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW}
    assert "given before" not in read(client.get(page(invitation, "connect")))


def test_secret_extras_come_back_in_no_page(client, invitation, demanding):
    typed = {"security_question": "first question", "security_answer": "first pet", "second_answer": "second pet"}
    fields = {"provider": demanding.name, **typed, **EXTRA, "password": ""}
    content = read(client.post(page(invitation, "connect"), answers(**fields)))
    assert not any(secret in content for secret in (*typed.values(), *EXTRA.values()))


# --- security questions


def test_answers_are_stored_with_their_questions(client, invitation):
    typed = {
        "security_question": "First pet?",
        "security_answer": "Rex",
        "third_question": "Street?",
        "third_answer": "Mill Lane",
    }
    pairs = [{"question": "First pet?", "answer": "Rex"}, {"question": "Street?", "answer": "Mill Lane"}]
    credentials = opened(saved(client, invitation, **typed))
    assert (credentials["security_answer"], credentials["security_answers"]) == ("Rex", pairs)


def test_an_answer_alone_needs_no_question(client, invitation):
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
def test_of_several_each_has_both(client, invitation, typed, error):
    content = read(client.post(page(invitation, "connect"), answers(**typed)))
    assert content.count(error) == 2
    assert content.count('<details class="more" open>') == (2 if "second_question" in typed else 1)
