from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.actors import SYSTEM
from companies.models import Company
from companies.services.companies import update_company
from connections.models import Connection
from connections.models.status import Status
from connections.services.connections import report_status
from invitations.models import Invitation
from invitations.services.invitations import create_repair_invitation
from invitations.services.repairs import end_automatic_repairs, follow_status
from tests.database import forget_jobs
from tests.factories import CompanyFactory, make_connection, make_invitation
from tests.races import race, wait_for_a_lock

OFF = {"repairs_automatically": False}


def broken(company, status=Status.PASSWORD_INCORRECT):
    return report_status(make_connection(company, owner_email="owner@example.com"), status, by=SYSTEM)


@pytest.fixture
def repaired(company):
    """The company, with automatic repair switched on."""
    forget_jobs()
    return update_company(company, repairs_automatically=True)


def ends():
    return [job.args for job in ProcrastinateJob.objects.filter(task_name="invitations.tasks.end_automatic_repairs")]


def test_switching_off_queues_one_job(api, repaired):
    api.patch(f"company/{repaired.pk}", {"name": "Renamed"})
    api.patch(f"company/{repaired.pk}", {"repairsAutomatically": True})
    assert ends() == []

    assert api.patch(f"company/{repaired.pk}", {"repairsAutomatically": False}).status_code == 200
    assert ends() == [{"company_id": str(repaired.pk)}]


def test_switching_off_revokes_automatic_invitations(repaired):
    other = CompanyFactory(repairs_automatically=True)
    sent, mended, elsewhere = (follow_status(broken(each).pk) for each in (repaired, repaired, other))
    # its status became one that cannot be repaired, and the invitation stayed open
    Connection.objects.filter(pk=mended.connection_id).update(status=Status.WEBSITE_DOWN)
    asked_for = create_repair_invitation(sent.connection, by=SYSTEM)
    to_connect = make_invitation(repaired)

    update_company(repaired, **OFF)
    end_automatic_repairs(repaired.pk)

    for invitation in (sent, mended):
        line = Invitation.objects.get(pk=invitation.pk).events.get(type="REVOKED")
        assert (line.actor, line.detail) == ("SYSTEM", {"reason": "Automatic repair was switched off."})
    still_open = set(Invitation.objects.active())
    assert still_open == {elsewhere, asked_for, to_connect}


def test_repeated_job_changes_nothing(repaired):
    invitation = follow_status(broken(repaired).pk)
    update_company(repaired, **OFF)
    for _ in range(2):
        end_automatic_repairs(repaired.pk)
    assert invitation.events.filter(type="REVOKED").count() == 1


def test_switched_on_again_keeps_the_invitation(repaired):
    invitation = follow_status(broken(repaired).pk)
    update_company(repaired, **OFF)
    update_company(repaired, repairs_automatically=True)
    end_automatic_repairs(repaired.pk)
    invitation.refresh_from_db()
    assert invitation.status == "ACTIVE"


def test_switched_off_invites_no_one(repaired):
    connection = broken(repaired)
    update_company(repaired, **OFF)
    assert follow_status(connection.pk) is None
    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_waiting_worker_sees_switch_off():
    company = CompanyFactory(repairs_automatically=True)
    connection = broken(company)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Connection.objects.select_for_update().get(pk=connection.pk)
            follower = threads.submit(race, 1, lambda _: follow_status(connection.pk))
            wait_for_a_lock()
            update_company(company, **OFF)
        assert follower.result() == [None]
    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_invitation_is_revoked_too():
    company = CompanyFactory(repairs_automatically=True)
    connection = broken(company)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            assert follow_status(connection.pk)
            # another process switches repair off and runs the job before the invitation is committed
            ending = threads.submit(race, 1, lambda _: switch_off(company.pk))
            wait_for_a_lock()
        assert ending.result() == [None]
    assert Invitation.objects.get().status == "REVOKED"


def switch_off(company_id):
    update_company(Company.objects.get(pk=company_id), **OFF)
    end_automatic_repairs(company_id)
