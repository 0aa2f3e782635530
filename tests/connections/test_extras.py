"""What a provider asks for beside user name and password: demanded, and kept when the password changes."""

import logging

import pytest
from django.db import IntegrityError

from companies.actors import CONTRIBUTOR, SYSTEM
from config.exceptions import InvalidField
from connections.models import Connection, Credential
from connections.models.status import OUTCOMES, Status
from connections.services.connections import change_credentials, create_connection
from connections.services.credentials import read_credentials, with_questions
from tests.factories import DatasourceFactory, make_connection

pytestmark = pytest.mark.django_db

LOGIN = {"username": "riverside", "password": "the old one"}
NEW = {"username": "riverside", "password": "the new one"}
EXTRAS = {"account_number": "77-12", "security_answer": "Rex", "authenticator_seed": "JBSWY3DP"}
PETS = [{"question": "First pet?", "answer": "Rex"}, {"question": "Second pet?", "answer": "Tom"}]


@pytest.fixture
def connection(company):
    return make_connection(company, credentials=LOGIN | EXTRAS)


def stored(connection):
    return read_credentials(connection, by=SYSTEM)[0]


def change(connection, **given):
    return change_credentials(connection, credentials=NEW | given, by=CONTRIBUTOR)


def standing_at(connection, status):
    Connection.objects.filter(pk=connection.pk).update(status=status)
    return connection


def refused(act):
    with pytest.raises(InvalidField) as refusal:
        act()
    assert refusal.value.field_code == "required"
    return refusal.value.field


# --- what is kept


def test_a_new_password_keeps_the_extras(connection):
    change(connection)

    assert stored(connection) == NEW | EXTRAS


@pytest.mark.parametrize("name", EXTRAS)
def test_an_extra_that_is_given_takes_the_stored_ones_place_and_leaves_the_others(connection, name):
    change(connection, **{name: "another"})

    assert stored(connection) == NEW | EXTRAS | {name: "another"}


@pytest.mark.parametrize("name", EXTRAS)
def test_an_empty_extra_is_none(connection, name):
    change(connection, **{name: ""})

    assert stored(connection) == NEW | EXTRAS


def test_an_extra_that_was_not_there_is_added(company):
    connection = make_connection(company, credentials=LOGIN)

    change(connection, account_number="77-12")

    assert stored(connection) == NEW | {"account_number": "77-12"}


def test_a_user_name_that_is_put_right_keeps_the_extras(connection):
    change(connection, username="river-side")

    assert stored(connection) == NEW | {"username": "river-side"} | EXTRAS


def test_security_answers_are_kept_together_and_replaced_together(company):
    connection = make_connection(company, credentials=LOGIN | with_questions(PETS))

    change(connection)
    assert stored(connection) == NEW | {"security_answer": "Rex", "security_answers": PETS}

    change(connection, **with_questions(PETS[1:]))
    assert stored(connection) == NEW | {"security_answer": "Tom", "security_answers": PETS[1:]}

    change(connection, security_answer="Blue")
    assert stored(connection) == NEW | {"security_answer": "Blue"}


def kept(connection):
    return Credential.objects.get(connection=connection).kept_extras


def test_which_extras_are_stored_stands_beside_them_by_name(connection, company):
    assert kept(connection) == set(EXTRAS)
    assert kept(make_connection(company, credentials=LOGIN | {"account_number": ""})) == set()
    pets = make_connection(company, credentials=LOGIN | with_questions(PETS))
    assert kept(pets) == {"security_answer"}

    change(pets, account_number="77-12")

    assert kept(pets) == {"security_answer", "account_number"}


def test_of_what_was_stored_before_the_names_were_any_may_be_there_until_the_next_change(company):
    old = make_connection(company, credentials=LOGIN | {"account_number": "77-12"})
    Credential.objects.update(extras=None)

    assert kept(old) == set(EXTRAS)
    change(old)

    assert kept(old) == {"account_number"}


def test_no_value_can_stand_among_the_names(connection):
    with pytest.raises(IntegrityError, match="credential_extras_are_names"):
        Credential.objects.update(extras=["JBSWY3DP"])


def test_new_login_details_mend_what_no_key_opens_any_more(connection, caplog):
    caplog.set_level(logging.DEBUG)
    Credential.objects.filter(connection=connection).update(encrypted=b"broken")

    change(connection, account_number="78")

    assert stored(connection) == NEW | {"account_number": "78"}
    assert kept(connection) == {"account_number"}


# --- what is demanded


@pytest.fixture
def demanding():
    return DatasourceFactory(asks_for=["account_number", "security_answer"])


def test_a_connection_is_not_made_without_what_the_provider_asks_for(company, demanding):
    def create(**given):
        return create_connection(company, datasource=demanding, credentials=LOGIN | given)

    assert refused(create) == ("account_number",)
    assert refused(lambda: create(account_number="77-12")) == ("security_answer",)
    assert refused(lambda: create(account_number="", security_answer="Rex")) == ("account_number",)
    assert not Connection.objects.exists()
    create(account_number="77-12", **with_questions(PETS))


def test_a_provider_that_asks_for_more_than_it_did_gets_it_with_the_next_password(company):
    datasource = DatasourceFactory()
    connection = make_connection(company, datasource=datasource, credentials=LOGIN)
    datasource.asks_for = ["account_number"]
    datasource.save()

    assert refused(lambda: change(connection)) == ("account_number",)
    assert stored(connection) == LOGIN
    change(connection, account_number="77-12")

    change(connection)
    assert stored(connection) == NEW | {"account_number": "77-12"}


def test_an_authenticator_key_that_was_found_wanting_must_be_given_anew(connection):
    standing_at(connection, Status.MFA_TOKEN_EXPIRED)

    assert refused(lambda: change(connection, account_number="78")) == ("authenticator_seed",)
    assert stored(connection) == LOGIN | EXTRAS

    assert change(connection, authenticator_seed="NEWKEY").status == Status.PENDING
    assert stored(connection) == NEW | EXTRAS | {"authenticator_seed": "NEWKEY"}


def test_where_the_provider_asks_for_more_something_more_must_be_given(connection):
    standing_at(connection, Status.ADDITIONAL_CREDENTIALS_NEEDED)

    assert refused(lambda: change(connection)) == ("extras",)
    assert change(connection, security_answer="Tom").status == Status.PENDING


@pytest.mark.parametrize(
    "status",
    sorted((OUTCOMES | {Status.PENDING}) - {Status.MFA_TOKEN_EXPIRED, Status.ADDITIONAL_CREDENTIALS_NEEDED}),
)
def test_elsewhere_user_name_and_password_are_enough(connection, status):
    standing_at(connection, status)

    assert change(connection).status == Status.PENDING
