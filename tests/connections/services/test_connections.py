from datetime import date, timedelta

import pytest
from django.db import DataError
from django.utils import timezone

from companies.actors import CONTRIBUTOR, SYSTEM, Actor
from config.exceptions import InvalidField
from connections.models import Connection, Credential
from connections.models.status import Status
from connections.services.connections import change_credentials, create_connection, report_status
from connections.services.credentials import read_credentials
from tests.factories import DatasourceFactory, SiteFactory, UserFactory, make_api_key, make_connection

pytestmark = pytest.mark.django_db

OLD = {"username": "riverside", "password": "the old one"}
NEW = {"username": "riverside-2", "password": "the new one", "account_number": "77-12"}


def events_of(connection):
    return [(event.type, event.actor, event.email) for event in connection.events.order_by("pk")]


def credentials_of(connection):
    return read_credentials(connection, by=SYSTEM)


def test_new_connection_is_pending(company):
    connection = make_connection(company, credentials=OLD)

    assert (connection.status, connection.status_error_detail) == (Status.PENDING, None)
    assert events_of(connection) == [("CREATED", "SYSTEM", None)]
    assert credentials_of(connection) == (OLD, 1)


@pytest.mark.parametrize(
    ("by", "kind"),
    [
        (lambda partner: Actor.partner(make_api_key(partner)[0]), "PARTNER"),
        (lambda _: Actor.staff(UserFactory()), "STAFF"),
        (lambda _: CONTRIBUTOR, "CONTRIBUTOR"),
        (lambda _: SYSTEM, "SYSTEM"),
    ],
)
def test_log_names_the_actor(company, by, kind):
    actor = by(company.partner)

    (line,) = make_connection(company, by=actor, verified_email="jane@example.com").events.all()

    assert (line.actor, line.api_key, line.user, line.email) == (kind, actor.api_key, actor.user, "jane@example.com")


def day(shift):
    return timezone.localdate() + timedelta(days=shift)


@pytest.mark.parametrize("start", [date(1970, 1, 1), day(0), day(366)])
def test_start_date_within_range(company, start):
    assert make_connection(company, collection_start_date=start).collection_start_date == start


@pytest.mark.parametrize("start", [date.min, date(1969, 12, 31), day(368), date.max])
def test_start_date_out_of_range(company, start):
    with pytest.raises(InvalidField) as refusal:
        make_connection(company, collection_start_date=start)

    assert refusal.value.field == ("data_collection_start_date",)
    assert not Connection.objects.exists()


def test_user_name_is_cleaned_and_password_kept(company):
    connection = make_connection(
        company, credentials={"username": "\u00a0 le\u200bad\ufeff\t", "password": " p\u200b "}
    )
    assert credentials_of(connection) == ({"username": "lead", "password": " p\u200b "}, 1)

    change_credentials(connection, credentials={"username": " two words ", "password": "  "}, by=CONTRIBUTOR)
    assert credentials_of(connection) == ({"username": "two words", "password": "  "}, 2)


def test_only_secret_extras_stay_as_typed(company):
    typed = {"account_number": " ４-7\u20111\u200b", "authenticator_seed": " S\u00ad", "security_answer": " Rex\u200d"}
    questions = [{"question": "\ufeffYour\u00a0dog? ", "answer": " Rex\u200d"}]

    stored, _ = credentials_of(make_connection(company, credentials=OLD | typed | {"security_answers": questions}))

    cleaned = {"account_number": "4-7-1", "security_answers": [{"question": "Your dog?", "answer": " Rex\u200d"}]}
    assert stored == OLD | typed | cleaned


@pytest.mark.parametrize("blank", ["", "   ", "\u00a0", "\u200b\u2060"])
def test_blank_user_name_is_rejected(company, blank):
    connection = make_connection(company, credentials=OLD)
    for save in (
        lambda given: make_connection(company, credentials=given),
        lambda given: change_credentials(connection, credentials=given, by=CONTRIBUTOR),
    ):
        with pytest.raises(InvalidField) as refusal:
            save(OLD | {"username": blank})
        assert refusal.value.field == ("username",)

    assert Connection.objects.count() == 1
    assert credentials_of(connection) == (OLD, 1)


@pytest.mark.parametrize("both", [True, False])
def test_connection_has_exactly_one_provider(company, both):
    providers = {"datasource": DatasourceFactory(), "url": "https://portal.example.com"} if both else {}

    with pytest.raises(InvalidField):
        create_connection(company, credentials=OLD, **providers)

    assert not Connection.objects.exists()


def test_change_replaces_credentials_only(company):
    site = SiteFactory(company=company)
    connection = make_connection(
        company, credentials=OLD, sites=[site], utility_types=["GAS"], verified_email="a@example.com"
    )
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM, error_detail="No.")

    changed = change_credentials(connection, credentials=NEW, by=CONTRIBUTOR, email="b@example.com")

    fresh = Connection.objects.get()
    assert changed.pk == fresh.pk == connection.pk
    assert (fresh.status, fresh.status_error_detail, fresh.verified_email) == ("PENDING", None, "b@example.com")
    assert (list(fresh.sites.all()), fresh.utility_types, fresh.datasource) == ([site], ["GAS"], connection.datasource)
    assert credentials_of(connection) == (NEW, 2)
    assert [line[0] for line in events_of(connection)] == [
        "CREATED",
        "STATUS_CHANGED",
        "CREDENTIALS_CHANGED",
        "STATUS_CHANGED",
        "CREDENTIALS_READ",
    ]
    assert events_of(connection)[2] == ("CREDENTIALS_CHANGED", "CONTRIBUTOR", "b@example.com")


def test_change_keeps_the_verified_email(company):
    connection = make_connection(company, verified_email="a@example.com")

    change_credentials(connection, credentials=NEW, by=CONTRIBUTOR)

    connection.refresh_from_db()
    assert connection.verified_email == "a@example.com"


def test_change_while_pending_stays_pending(company):
    connection = make_connection(company)

    change_credentials(connection, credentials=NEW, by=CONTRIBUTOR)

    assert [line[0] for line in events_of(connection)] == ["CREATED", "CREDENTIALS_CHANGED"]
    assert credentials_of(connection) == (NEW, 2)


@pytest.mark.parametrize("email", [None, "b@example.com"])
def test_change_while_pending_updates_timestamp(company, email):
    connection = make_connection(company)

    changed = change_credentials(connection, credentials=NEW, by=CONTRIBUTOR, email=email)

    fresh = Connection.objects.get()
    assert fresh.updated_at == changed.updated_at > connection.updated_at


def test_failed_change_is_rolled_back(company):
    connection = make_connection(company, credentials=OLD)
    before = bytes(Credential.objects.get().encrypted)

    with pytest.raises(DataError):
        change_credentials(connection, credentials=NEW, by=CONTRIBUTOR, email="x" * 300)

    assert bytes(Credential.objects.get().encrypted) == before
    assert [line[0] for line in events_of(connection)] == ["CREATED"]
