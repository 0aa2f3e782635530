from uuid import uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.actors import SYSTEM, Actor
from connections.models import Connection
from connections.models.status import Status
from connections.services.closing import disable_connection
from connections.services.connections import report_status
from invitations.exceptions import ConnectionClosed, InvitationRecovered
from invitations.models import Delivery, Invitation, Use
from invitations.services.invitations import create_repair_invitation, revoke_invitation
from invitations.services.repairs import follow_status, repair_connection
from tests.database import forget_jobs
from tests.factories import CompanyFactory, make_api_key, make_connection
from tests.invitations.clock import pass_time
from tests.invitations.consents import CONSENT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_jobs_of_others(db):
    forget_jobs()


@pytest.fixture
def company(db):
    """Company with automatic repair."""
    return CompanyFactory.create(repairs_automatically=True)


@pytest.fixture
def connection(company):
    return make_connection(company, verified_email="jane@example.com", owner_email="owner@example.com")


def turn(connection, status):
    """Report the status, and return the result of `follow_status`."""
    report_status(connection, Status(status), by=SYSTEM)
    return follow_status(connection.pk)


def followers():
    return ProcrastinateJob.objects.filter(task_name="invitations.tasks.follow_status")


def test_automatic_repair_is_off_by_default():
    connection = make_connection(verified_email="jane@example.com")

    assert turn(connection, "PASSWORD_INCORRECT") is None

    assert not Invitation.objects.exists()
    assert not followers().exists()


@pytest.mark.parametrize("status", [Status.PASSWORD_INCORRECT, Status.NO_ACCOUNTS_FOUND])
def test_verified_email_is_invited(connection, status):
    invitation = turn(connection, status)

    assert (invitation.invitation_type, invitation.connection) == ("EDIT_CONNECTION", connection)
    assert (invitation.is_automatic, invitation.max_uses) == (True, 1)
    assert invitation.allowed_emails == ["jane@example.com"]
    assert [(line.type, line.actor) for line in invitation.events.all()] == [("CREATED", "SYSTEM")]
    assert Delivery.objects.get().email == "jane@example.com"
    assert ProcrastinateJob.objects.filter(task_name="invitations.tasks.send_invitation").count() == 1


@pytest.mark.parametrize("status", [Status.CONNECTED, Status.OTHER_ERROR])
def test_unrepairable_status_invites_no_one(connection, status):
    assert turn(connection, status) is None
    assert not Invitation.objects.exists()


def test_owner_is_invited_without_verified_email(company):
    connection = make_connection(company, owner_email="Owner@Example.com")

    assert turn(connection, "PASSWORD_INCORRECT").allowed_emails == ["owner@example.com"]


def test_unknown_owner_invites_no_one(company):
    connection = make_connection(company)

    assert turn(connection, "PASSWORD_INCORRECT") is None
    assert not Invitation.objects.exists()


def test_open_invitation_prevents_another(connection):
    assert turn(connection, "PASSWORD_INCORRECT")

    assert turn(connection, "NEW_PASSWORD_NEEDED") is None
    assert turn(connection, "MFA_TOKEN_EXPIRED") is None

    assert Invitation.objects.count() == 1


def test_open_link_of_partner_silences_nothing(connection):
    create_repair_invitation(connection, by=SYSTEM)

    assert turn(connection, "PASSWORD_INCORRECT").is_automatic


def test_open_invitation_is_mailed_again(connection):
    open_one = create_repair_invitation(connection, by=SYSTEM, allowed_emails=["jane@example.com"])

    assert turn(connection, "PASSWORD_INCORRECT") == open_one
    assert turn(connection, "NEW_PASSWORD_NEEDED") is None
    pass_time(days=1)
    assert turn(connection, "MFA_TOKEN_EXPIRED") == open_one

    assert Invitation.objects.count() == 1
    assert Delivery.objects.get().round == 2
    resent = open_one.events.filter(type="RESENT").values_list("actor", "detail")
    assert list(resent) == [("SYSTEM", {"emails": ["jane@example.com"]})] * 2


def test_recovery_ends_a_used_invitation(connection):
    used, unused = (create_repair_invitation(connection, by=SYSTEM) for _ in range(2))
    turn(connection, "PASSWORD_INCORRECT")
    repair_connection(used, form_id=uuid4(), credentials={"username": "u", "password": "p"}, consent=CONSENT)
    assert Invitation.objects.get(pk=used.pk).status == "ACTIVE"

    report_status(connection, Status.CONNECTED, by=SYSTEM)
    with pytest.raises(InvitationRecovered):  # before the job
        repair_connection(
            used, form_id=uuid4(), credentials={"username": "u", "password": "an old one"}, consent=CONSENT
        )
    follow_status(connection.pk)

    ended = Invitation.objects.get(pk=used.pk)
    assert (ended.status, ended.revoked_because) == ("REVOKED", "RECOVERED")
    assert Invitation.objects.get(pk=unused.pk).status == "ACTIVE"
    # the next break is not silent
    pass_time(days=1)
    assert turn(connection, "PASSWORD_INCORRECT").is_automatic


def test_recovery_is_followed_for_every_company():
    connection = make_connection()
    used = create_repair_invitation(connection, by=SYSTEM)
    repair_connection(used, form_id=uuid4(), credentials={"username": "u", "password": "p"}, consent=CONSENT)

    report_status(connection, Status.CONNECTED, by=SYSTEM)

    assert followers().count() == 1
    assert follow_status(connection.pk) is None
    assert Invitation.objects.get().status == "REVOKED"


def test_disabling_ends_open_invitations(connection):
    before = create_repair_invitation(connection, by=SYSTEM)
    disable_connection(connection, by=SYSTEM)
    after = create_repair_invitation(Connection.objects.get(), by=SYSTEM)

    with pytest.raises(ConnectionClosed):  # before the job
        repair_connection(before, form_id=uuid4(), credentials={"username": "u", "password": "p"}, consent=CONSENT)
    follow_status(connection.pk)

    assert Invitation.objects.get(pk=before.pk).revoked_because == "DISABLED"
    repaired = repair_connection(
        after, form_id=uuid4(), credentials={"username": "u", "password": "p"}, consent=CONSENT
    )
    assert repaired.status == Status.PENDING


@pytest.mark.parametrize("over", ["revoked", "used up"])
def test_closed_invitation_allows_another_next_day(connection, over):
    first = turn(connection, "PASSWORD_INCORRECT")
    if over == "revoked":
        revoke_invitation(first, by=SYSTEM)
    else:
        Invitation.objects.update(use_count=1)
    pass_time(days=1)

    second = turn(connection, "NEW_PASSWORD_NEEDED")

    assert second.pk != first.pk


def test_recovery_revokes_the_invitation(connection):
    invitation = turn(connection, "PASSWORD_INCORRECT")

    assert turn(connection, "CONNECTED") is None

    invitation.refresh_from_db()
    assert invitation.status == "REVOKED"
    line = invitation.events.get(type="REVOKED")
    assert (line.actor, line.detail) == ("SYSTEM", {"reason": "The connection works again."})


def test_other_trouble_is_no_recovery(connection):
    invitation = turn(connection, "PASSWORD_INCORRECT")

    turn(connection, "WEBSITE_DOWN")

    invitation.refresh_from_db()
    assert invitation.status == "ACTIVE"


def test_only_automatic_invitations_are_revoked(connection):
    key, _ = make_api_key(connection.company.partner)
    automatic = turn(connection, "PASSWORD_INCORRECT")
    asked_for = create_repair_invitation(connection, by=Actor.partner(key))
    another = turn(make_connection(connection.company, owner_email="o@example.com"), "PASSWORD_INCORRECT")

    turn(connection, "CONNECTED")

    still_open = Invitation.objects.active().order_by("pk").values_list("pk", flat=True)
    assert list(still_open) == [asked_for.pk, another.pk]
    assert Invitation.objects.get(pk=automatic.pk).status == "REVOKED"


def test_deleted_connection_is_ignored(connection):
    connection_id = connection.pk
    Connection.objects.all().delete()

    assert follow_status(connection_id) is None


def test_status_change_queues_one_job(connection):
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM, error_detail="Still.")

    assert [job.args for job in followers()] == [{"connection_id": str(connection.pk)}]


def test_worker_invites_and_mails(worker, mail_server):
    company = CompanyFactory(repairs_automatically=True)
    connection = make_connection(company, verified_email="jane@example.com")
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)

    worker()  # creates the invitation
    worker()  # sends the mail

    assert mail_server.recipients == ["jane@example.com"]
    assert f"needs a new login for {connection.provider_name}" in " ".join(
        str(mail_server.mails[0].message["Subject"]).split()
    )
    assert not Use.objects.exists()
    report_status(connection, Status.CONNECTED, by=SYSTEM)
    worker()
    assert Invitation.objects.get().status == "REVOKED"
