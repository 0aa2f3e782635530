import pytest

from companies.actors import SYSTEM, Actor
from companies.models import PartnerEvent
from connections.exceptions import CredentialsDeleted
from connections.models import Connection
from connections.services.closing import delete_connection
from connections.services.credentials import read_credentials
from invitations.exceptions import ConnectionClosed, NothingToCorrect
from invitations.models import Use
from invitations.models.consent import CONSENT_VERSION
from invitations.services.consent import REASON, find_consent, withdraw_consent
from invitations.services.delivery.notices import send_notice
from invitations.services.invitations import create_repair_invitation
from invitations.services.repairs import correct_credentials, repair_connection
from tests.factories import UserFactory, make_connection, make_invitation
from tests.invitations.api.uses import spend_use
from tests.invitations.consents import CONSENT

NEW = {"username": "riverside-2", "password": "the new one"}

pytestmark = pytest.mark.django_db


def repaired(connection):
    """The use of a second person, who repaired the connection."""
    invitation = create_repair_invitation(connection, by=SYSTEM)
    repair_connection(invitation, form_id=invitation.pk, credentials=NEW, consent=CONSENT)
    return Use.objects.get(invitation=invitation)


def test_withdrawal_ends_the_connection(company):
    connection = spend_use(make_invitation(company))

    withdraw_consent(connection.use)

    connection = Connection.objects.get()
    assert (connection.status, connection.status_error_detail) == ("DISABLED", REASON)
    assert connection.credential.is_deleted
    with pytest.raises(CredentialsDeleted):
        read_credentials(connection, by=SYSTEM)
    log = [event.type for event in connection.events.order_by("pk")]
    assert log == ["CREATED", "CREDENTIALS_DELETED", "STATUS_CHANGED", "WITHDRAWN"]
    event = connection.use.invitation.events.get(type="WITHDRAWN")
    given = {"version": CONSENT_VERSION, "language": "en"}
    assert (event.actor, event.detail) == ("CONTRIBUTOR", {"connectionId": str(connection.pk), "consent": given})
    published = PartnerEvent.objects.filter(company=company).order_by("pk").values_list("type", flat=True)
    assert list(published)[-2:] == ["connection.status_changed", "connection.withdrawn"]


def test_second_withdrawal_changes_nothing(company):
    use = spend_use(make_invitation(company)).use
    withdraw_consent(use)
    before = Use.objects.get().withdrawn_at

    withdraw_consent(use)

    assert Use.objects.get().withdrawn_at == before
    assert use.invitation.events.filter(type="WITHDRAWN").count() == 1


def test_withdrawal_ends_every_consent_until_then(company):
    first = spend_use(make_invitation(company)).use
    second = repaired(first.connection)
    assert find_consent(first.connection_id) == second

    withdraw_consent(first)

    assert not Use.objects.filter(withdrawn_at=None).exists()
    third = repaired(Connection.objects.get())
    withdraw_consent(second)  # ended before the third one was given
    assert Connection.objects.get().status == "PENDING"
    assert find_consent(first.connection_id) == third


def test_withdrawn_login_takes_no_repair(company):
    connection = spend_use(make_invitation(company))
    repair = create_repair_invitation(connection, by=SYSTEM)
    withdraw_consent(connection.use)

    with pytest.raises(NothingToCorrect):
        correct_credentials(connection.use.invitation, connection, credentials=NEW, version=1)
    with pytest.raises(ConnectionClosed):
        repair_connection(repair, form_id=repair.pk, credentials=NEW, consent=CONSENT)


def test_withdrawn_use_corrects_no_later_login(company):
    use = spend_use(make_invitation(company)).use
    withdraw_consent(use)
    repaired(Connection.objects.get())

    use = Use.objects.get(pk=use.pk)
    assert (use.target.status, use.may_be_corrected) == ("PENDING", False)
    login, version = {"username": "riverside", "password": "third"}, use.target.credential.version
    with pytest.raises(NothingToCorrect):
        correct_credentials(use.invitation, use.target, credentials=login, version=version, own_uses=[use.pk])


def test_withdrawal_tells_the_inviter(company, jobs, mailoutbox):
    ben = UserFactory(email="ben@example.com")
    use = spend_use(make_invitation(company, by=Actor.staff(ben))).use

    withdraw_consent(use)

    assert jobs.names.count("send_notice") == 1
    send_notice(use.invitation.events.get(type="WITHDRAWN").pk)
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        (["ben@example.com"], f"A consent for {company.name} was withdrawn")
    ]


def test_withdrawal_of_deleted_connection_is_recorded(company):
    connection = spend_use(make_invitation(company))
    delete_connection(connection, by=SYSTEM)

    withdraw_consent(connection.use)

    assert Use.objects.get().withdrawn_at


def test_connection_without_contributor_has_no_consent(company):
    assert find_consent(make_connection(company).pk) is None
