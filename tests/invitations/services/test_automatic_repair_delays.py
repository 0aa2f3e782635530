from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.actors import CONTRIBUTOR, SYSTEM, Actor
from companies.services.companies import update_company
from connections.models.status import Status
from connections.services.connections import change_credentials, report_status
from invitations.models import Delivery, EmailProof, Invitation
from invitations.services.invitations import create_repair_invitation
from invitations.services.repairs import correct_credentials, follow_status, repair_connection
from tests.database import forget_jobs
from tests.factories import CompanyFactory, make_api_key, make_connection
from tests.invitations.clock import pass_time
from tests.invitations.consents import CONSENT

pytestmark = pytest.mark.django_db

JANE = "jane@example.com"
LOGIN = {"username": "riverside", "password": "another one"}
DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _no_jobs_of_others(db):
    forget_jobs()


@pytest.fixture
def company(db):
    """Company with automatic repair."""
    return CompanyFactory.create(repairs_automatically=True)


@pytest.fixture
def connection(company):
    return make_connection(company, verified_email=JANE)


def turn(connection, status="PASSWORD_INCORRECT"):
    """Report the status, and return the result of `follow_status`."""
    report_status(connection, Status(status), by=SYSTEM)
    return follow_status(connection.pk)


def use(invitation):
    """Give a new login through the invitation."""
    proof = EmailProof.objects.create(
        invitation=invitation, email=JANE, secret_hash=uuid4().bytes, expires_at=timezone.now() + timedelta(hours=1)
    )
    repair_connection(invitation, form_id=uuid4(), credentials=LOGIN, proof=proof, consent=CONSENT)


def waiting():
    """Time until the scheduled `follow_status` job; None without one."""
    due = [job.scheduled_at for job in ProcrastinateJob.objects.filter(scheduled_at__isnull=False)]
    assert len(due) <= 1
    return due[0] - timezone.now() if due else None


def about(wanted):
    return pytest.approx(wanted, abs=timedelta(seconds=30))


# --- pause between invitations


def test_flapping_connection_sends_one_mail(connection):
    for _ in range(6):
        turn(connection)
        turn(connection, "CONNECTED")
    turn(connection)

    assert (Invitation.objects.count(), Delivery.objects.count()) == (1, 1)
    assert waiting() == about(DAY)


def test_still_broken_next_day_invites_again(connection):
    turn(connection)
    turn(connection, "CONNECTED")
    assert turn(connection) is None

    pass_time(hours=23)
    assert follow_status(connection.pk) is None
    pass_time(hours=1)

    assert follow_status(connection.pk).status == "ACTIVE"


def test_working_next_day_invites_no_one(connection):
    turn(connection)
    turn(connection, "CONNECTED")
    turn(connection)
    turn(connection, "CONNECTED")
    pass_time(days=1)

    assert follow_status(connection.pk) is None
    assert Invitation.objects.count() == 1


def test_connections_pause_separately(company, connection):
    turn(connection)

    assert turn(make_connection(company, verified_email=JANE)) is not None


def test_mail_of_partner_begins_a_pause(connection):
    mailed = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[JANE], send_email=True)
    assert turn(connection) is None
    assert waiting() == about(DAY)

    pass_time(days=1)

    assert follow_status(connection.pk).pk == mailed.pk


def test_switched_off_during_pause_invites_no_one(company, connection):
    turn(connection)
    turn(connection, "CONNECTED")
    turn(connection)
    update_company(company, repairs_automatically=False)
    pass_time(days=1)

    assert follow_status(connection.pk) is None
    assert Invitation.objects.count() == 1


# --- grace period after a login


def test_refused_login_has_a_grace_period(connection):
    invitation = turn(connection)
    pass_time(days=2)
    use(invitation)

    assert turn(connection) is None
    assert waiting() == about(QUARTER)

    correct_credentials(invitation, connection, credentials=LOGIN, email=JANE)
    assert turn(connection, "CONNECTED") is None
    pass_time(minutes=15)
    assert follow_status(connection.pk) is None
    assert Invitation.objects.count() == 1


def test_invitation_follows_the_grace_period(connection):
    use_first = turn(connection)
    pass_time(days=2)
    use(use_first)
    assert turn(connection) is None

    pass_time(minutes=14)
    assert follow_status(connection.pk) is None
    pass_time(minutes=1)

    assert follow_status(connection.pk).allowed_emails == [JANE]


def test_first_login_has_a_grace_period(company):
    connection = make_connection(company, verified_email=JANE, by=CONTRIBUTOR)

    assert turn(connection) is None
    assert waiting() == about(QUARTER)
    pass_time(minutes=15)
    assert follow_status(connection.pk) is not None


def test_login_of_program_has_no_grace(connection):
    key, _ = make_api_key(connection.company.partner)
    change_credentials(connection, credentials=LOGIN, by=Actor.partner(key))

    assert turn(connection) is not None


def test_longer_of_pause_and_grace_counts(connection):
    invitation = turn(connection)
    use(invitation)

    assert turn(connection) is None
    assert waiting() == about(DAY)


@pytest.mark.django_db(transaction=True)
def test_waiting_job_invites(worker):
    company = CompanyFactory(repairs_automatically=True)
    connection = make_connection(company, verified_email=JANE, by=CONTRIBUTOR)
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)

    worker()
    assert not Invitation.objects.exists()
    worker.later()  # the login is still recent: the job is scheduled again
    assert not Invitation.objects.exists()
    pass_time(minutes=15)
    worker.later()

    assert Invitation.objects.get().allowed_emails == [JANE]
