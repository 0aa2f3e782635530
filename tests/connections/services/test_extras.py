import pytest

from companies.actors import CONTRIBUTOR, SYSTEM
from config.exceptions import InvalidField
from connections.models import Connection, Credential
from connections.models.status import Status
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


def set_status(connection, status):
    Connection.objects.filter(pk=connection.pk).update(status=status)


def missing_field(act, **given):
    with pytest.raises(InvalidField) as error:
        act(**given)
    assert error.value.field_code == "required"
    return error.value.field


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({}, {}),
        ({"account_number": "another"}, {"account_number": "another"}),
        ({"security_answer": "another"}, {"security_answer": "another"}),
        ({"authenticator_seed": "another"}, {"authenticator_seed": "another"}),
        (dict.fromkeys(EXTRAS, ""), {}),
        ({"username": "river-side"}, {"username": "river-side"}),
    ],
)
def test_extras_stay_unless_given(connection, given, changed):
    change(connection, **given)

    assert stored(connection) == NEW | EXTRAS | changed


def test_every_invalid_value_is_named(company):
    demanding = DatasourceFactory(asks_for=["account_number", "authenticator_seed"])
    with pytest.raises(InvalidField) as error:
        create_connection(
            company,
            datasource=demanding,
            credentials={"username": " ", "password": "p"},
            owner_email="nobody",
            country="XX",
        )

    assert [each.field for each in error.value.errors] == [
        *(("connection_owner_email",), ("country",)),
        *(("username",), ("account_number",), ("authenticator_seed",)),
    ]


def test_missing_extra_is_added(company):
    connection = make_connection(company, credentials=LOGIN)

    change(connection, account_number="77-12")

    assert stored(connection) == NEW | {"account_number": "77-12"}


def test_security_answers_are_replaced_together(company):
    connection = make_connection(company, credentials=LOGIN | with_questions(PETS))

    change(connection)
    assert stored(connection) == NEW | {"security_answer": "Rex", "security_answers": PETS}

    change(connection, **with_questions(PETS[1:]))
    assert stored(connection) == NEW | {"security_answer": "Tom", "security_answers": PETS[1:]}

    change(connection, security_answer="Blue")
    assert stored(connection) == NEW | {"security_answer": "Blue"}


def kept_extras(connection):
    return Credential.objects.get(connection=connection).kept_extras


def test_names_of_extras_are_stored(connection, company):
    assert kept_extras(connection) == set(EXTRAS)
    assert kept_extras(make_connection(company, credentials=LOGIN | {"account_number": ""})) == set()
    pets = make_connection(company, credentials=LOGIN | with_questions(PETS))
    assert kept_extras(pets) == {"security_answer"}

    change(pets, account_number="77-12")

    assert kept_extras(pets) == {"security_answer", "account_number"}


@pytest.fixture
def demanding():
    return DatasourceFactory(asks_for=["account_number", "security_answer"])


def test_create_requires_extras_of_the_provider(company, demanding):
    def create(**given):
        return create_connection(company, datasource=demanding, credentials=LOGIN | given)

    assert missing_field(create) == ("account_number",)
    assert missing_field(create, account_number="77-12") == ("security_answer",)
    assert missing_field(create, account_number="", security_answer="Rex") == ("account_number",)
    assert not Connection.objects.exists()
    create(account_number="77-12", **with_questions(PETS))


def test_change_requires_new_extras_of_the_provider(company):
    datasource = DatasourceFactory()
    connection = make_connection(company, datasource=datasource, credentials=LOGIN)
    datasource.asks_for = ["account_number"]
    datasource.save()

    assert missing_field(change, connection=connection) == ("account_number",)
    assert stored(connection) == LOGIN
    change(connection, account_number="77-12")

    change(connection)
    assert stored(connection) == NEW | {"account_number": "77-12"}


def test_expired_authenticator_key_must_be_replaced(connection):
    set_status(connection, Status.MFA_TOKEN_EXPIRED)

    assert missing_field(change, connection=connection, account_number="78") == ("authenticator_seed",)
    assert stored(connection) == LOGIN | EXTRAS

    assert change(connection, authenticator_seed="NEWKEY").status == Status.PENDING
    assert stored(connection) == NEW | EXTRAS | {"authenticator_seed": "NEWKEY"}


def test_additional_credentials_need_at_least_one(connection):
    set_status(connection, Status.ADDITIONAL_CREDENTIALS_NEEDED)

    assert missing_field(change, connection=connection) == ("extras",)
    assert change(connection, security_answer="Tom").status == Status.PENDING


@pytest.mark.parametrize("status", [Status.PASSWORD_INCORRECT, Status.NEW_PASSWORD_NEEDED, Status.CONNECTED])
def test_other_statuses_need_no_extra(connection, status):
    set_status(connection, status)

    assert change(connection).status == Status.PENDING
