"""A connection is made, given new login details, and reported on."""

from datetime import date, timedelta

import pytest
from django.db import DataError
from django.utils import timezone

from companies.actors import CONTRIBUTOR, SYSTEM, Actor
from config.exceptions import InvalidField
from connections.exceptions import StaleReport
from connections.models import Connection, Credential
from connections.models.status import Status
from connections.services.connections import change_credentials, create_connection, report_status
from connections.services.credentials import read_credentials
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, UserFactory, make_api_key, make_connection

pytestmark = pytest.mark.django_db

OLD = {"username": "riverside", "password": "the old one"}
NEW = {"username": "riverside-2", "password": "the new one", "account_number": "77-12"}


def lines(connection):
    return [(event.type, event.actor, event.email) for event in connection.events.order_by("pk")]


def credentials_of(connection):
    return read_credentials(connection, by=SYSTEM)


def test_a_new_connection_waits_for_its_check(company):
    connection = make_connection(company, credentials=OLD)

    assert (connection.status, connection.status_error_detail) == (Status.PENDING, None)
    assert lines(connection) == [("CREATED", "SYSTEM", None)]
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
def test_the_log_says_who_made_it(company, by, kind):
    actor = by(company.partner)

    (line,) = make_connection(company, by=actor, verified_email="jane@example.com").events.all()

    assert (line.actor, line.api_key, line.user, line.email) == (kind, actor.api_key, actor.user, "jane@example.com")


def day(shift):
    return timezone.localdate() + timedelta(days=shift)


@pytest.mark.parametrize("start", [date(1970, 1, 1), day(0), day(366)])
def test_data_is_collected_from_1970_on_or_from_a_day_of_the_coming_year(company, start):
    assert make_connection(company, collection_start_date=start).collection_start_date == start


@pytest.mark.parametrize("start", [date.min, date(1969, 12, 31), day(368), date.max])
def test_any_other_day_is_refused_by_name(company, start):
    with pytest.raises(InvalidField) as refusal:
        make_connection(company, collection_start_date=start)

    assert refusal.value.field == ("data_collection_start_date",)
    assert not Connection.objects.exists()


def test_blanks_around_a_user_name_are_not_stored_and_those_of_a_password_are(company):
    connection = make_connection(company, credentials={"username": "\u00a0 lead\t", "password": " p "})
    assert credentials_of(connection) == ({"username": "lead", "password": " p "}, 1)

    change_credentials(connection, credentials={"username": " two words ", "password": "  "}, by=CONTRIBUTOR)
    assert credentials_of(connection) == ({"username": "two words", "password": "  "}, 2)


@pytest.mark.parametrize("blank", ["", "   ", "\u00a0"])
def test_a_user_name_of_blanks_is_refused_by_name(company, blank):
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
def test_a_connection_has_one_provider(company, both):
    providers = {"datasource": DatasourceFactory(), "url": "https://portal.example.com"} if both else {}

    with pytest.raises(InvalidField):
        create_connection(company, credentials=OLD, **providers)

    assert not Connection.objects.exists()


def test_new_login_details_replace_the_old_ones_and_keep_everything_else(company):
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
    assert [line[0] for line in lines(connection)] == [
        "CREATED",
        "STATUS_CHANGED",
        "CREDENTIALS_CHANGED",
        "STATUS_CHANGED",
        "CREDENTIALS_READ",
    ]
    assert lines(connection)[2] == ("CREDENTIALS_CHANGED", "CONTRIBUTOR", "b@example.com")


def test_without_a_proof_the_address_that_proved_itself_last_stays(company):
    connection = make_connection(company, verified_email="a@example.com")

    change_credentials(connection, credentials=NEW, by=CONTRIBUTOR)

    connection.refresh_from_db()
    assert connection.verified_email == "a@example.com"


def test_login_details_changed_while_it_waits_leave_it_waiting(company):
    connection = make_connection(company)

    change_credentials(connection, credentials=NEW, by=CONTRIBUTOR)

    assert [line[0] for line in lines(connection)] == ["CREATED", "CREDENTIALS_CHANGED"]
    assert credentials_of(connection) == (NEW, 2)


@pytest.mark.parametrize("email", [None, "b@example.com"])
def test_login_details_changed_while_it_waits_are_a_change_of_the_connection(company, email):
    connection = make_connection(company)

    changed = change_credentials(connection, credentials=NEW, by=CONTRIBUTOR, email=email)

    fresh = Connection.objects.get()
    assert fresh.updated_at == changed.updated_at > connection.updated_at


def test_a_report_on_login_details_that_were_changed_since_is_refused(company):
    connection = make_connection(company)
    _, read = credentials_of(connection)
    change_credentials(connection, credentials=NEW, by=CONTRIBUTOR)

    with pytest.raises(StaleReport) as refused:
        report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM, credentials_version=read)

    assert (refused.value.status, refused.value.code) == (409, "CREDENTIALS_CHANGED")
    connection.refresh_from_db()
    assert connection.status == Status.PENDING
    report_status(connection, Status.CONNECTED, by=SYSTEM, credentials_version=read + 1)
    connection.refresh_from_db()
    assert connection.status == Status.CONNECTED


def test_a_change_that_fails_half_way_leaves_everything_as_it_was(company):
    connection = make_connection(company, credentials=OLD)
    before = bytes(Credential.objects.get().encrypted)

    with pytest.raises(DataError):
        change_credentials(connection, credentials=NEW, by=CONTRIBUTOR, email="x" * 300)

    assert bytes(Credential.objects.get().encrypted) == before
    assert [line[0] for line in lines(connection)] == ["CREATED"]


def test_a_companys_connections_are_its_partners_only():
    connection = make_connection()

    assert list(Connection.objects.visible_to(connection.company.partner)) == [connection]
    assert not Connection.objects.visible_to(CompanyFactory().partner).exists()
