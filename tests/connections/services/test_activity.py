"""Connections follow their company into inactivity and back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.actors import SYSTEM, Actor
from companies.exceptions import CompanyInactive
from companies.models import Company
from companies.services.companies import update_company
from connections.models import Connection
from connections.models.status import Status
from connections.services import activity
from connections.services.closing import disable_connection
from connections.services.connections import change_credentials, report_status
from connections.services.credentials import read_credentials
from tests.database import forget_jobs
from tests.factories import DatasourceFactory, make_api_key, make_connection
from tests.races import race, wait_for_a_lock

LOGIN = {"username": "riverside", "password": "another one"}


def in_status(company, status, **texts):
    connection = make_connection(company)
    if status == Status.DISABLED:
        return disable_connection(connection, by=SYSTEM)
    return connection if status == Status.PENDING else report_status(connection, status, by=SYSTEM, **texts)


def statuses(company):
    return dict(Connection.objects.filter(company=company).values_list("pk", "status"))


def test_connections_go_there_and_back(company, monkeypatch):
    monkeypatch.setattr(activity, "BATCH", 2)
    key, _ = make_api_key(company.partner)
    elsewhere = make_connection()
    broken = in_status(company, Status.PASSWORD_INCORRECT, error_detail="No.", contributor_message="Try again.")
    others = [in_status(company, status) for status in (Status.PENDING, Status.CONNECTED, Status.WEBSITE_DOWN)]
    disabled = in_status(company, Status.DISABLED)
    before = statuses(company)

    update_company(company, by=Actor.partner(key), is_active=False)

    inactive = statuses(company)
    assert inactive == dict.fromkeys([broken.pk, *(each.pk for each in others)], "COMPANY_INACTIVE") | {
        disabled.pk: "DISABLED"
    }
    broken.refresh_from_db()
    assert (broken.status_error_detail, broken.contributor_message) == (None, None)
    event = broken.events.latest("pk")
    assert (event.actor, event.api_key, event.detail) == (
        *("PARTNER", key),
        {"from": "PASSWORD_INCORRECT", "to": "COMPANY_INACTIVE"},
    )

    update_company(company, by=Actor.partner(key), is_active=True)

    assert statuses(company) == before
    broken.refresh_from_db()
    assert (broken.status_error_detail, broken.contributor_message, broken.suspended) == ("No.", "Try again.", None)
    assert broken.events.latest("pk").detail == {
        "from": "COMPANY_INACTIVE",
        "to": "PASSWORD_INCORRECT",
        "error": "No.",
        "message": "Try again.",
    }
    assert elsewhere.events.count() == 1


def test_reported_inactivity_has_a_way_out(company):
    connection = in_status(company, Status.CONNECTED)
    report_status(connection, Status.COMPANY_INACTIVE, by=SYSTEM)

    update_company(company, is_active=True)

    assert statuses(company) == {connection.pk: "CONNECTED"}


def test_new_credentials_wait_for_the_company(company):
    connection = in_status(company, Status.PASSWORD_INCORRECT)
    update_company(company, is_active=False)

    changed = change_credentials(connection, credentials=LOGIN, by=SYSTEM)

    assert changed.status == "COMPANY_INACTIVE"
    with pytest.raises(CompanyInactive):
        read_credentials(changed, by=SYSTEM)
    update_company(company, is_active=True)
    assert statuses(company) == {connection.pk: "PENDING"}
    connection.refresh_from_db()
    assert read_credentials(connection, by=SYSTEM)[0] == LOGIN


def test_inactive_company_gets_no_connection(company):
    update_company(company, is_active=False)

    with pytest.raises(CompanyInactive):
        make_connection(company)


def test_activation_queues_what_follows(company):
    update_company(company, repairs_automatically=True)
    in_status(company, Status.PASSWORD_INCORRECT)
    make_connection(company, datasource=DatasourceFactory(is_sandbox=True))
    update_company(company, is_active=False)
    forget_jobs()

    update_company(company, is_active=True)

    assert sorted(ProcrastinateJob.objects.values_list("task_name", flat=True)) == [
        "connections.tasks.check_sandbox",
        "invitations.tasks.follow_status",
        "invitations.tasks.follow_status",
    ]


@pytest.mark.django_db(transaction=True)
def test_connection_made_meanwhile_is_refused(company):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            update_company(company, is_active=False)
            made = pool.submit(race, 1, lambda _: make_connection(Company.objects.get(), url="https://x.example.com"))
            wait_for_a_lock()
        assert [type(each) for each in made.result()] == [CompanyInactive]

    assert not Connection.objects.exists()
