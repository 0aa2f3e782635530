from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import transaction

from companies.actors import SYSTEM
from connections.models import Connection, ConnectionEvent, Credential
from connections.models.status import Status
from connections.services.connections import report_status
from connections.services.credentials import read_credentials
from invitations.exceptions import AddressRemoved, InvitationFulfilled, InvitationRevoked, NothingToCorrect
from invitations.models import Invitation
from invitations.services.invitations import create_repair_invitation, revoke_invitation, update_invitation
from invitations.services.repairs import correct_credentials, follow_status, repair_connection
from tests.factories import CompanyFactory, make_connection, make_invitation
from tests.invitations.consents import CONSENT
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


def numbered(number):
    return {"username": f"user {number}", "password": f"password {number}"}


def refused(**fields):
    """A connection whose password was refused."""
    connection = make_connection(credentials=numbered(1000), **fields)
    return report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM)


def stands_whole(connection, version):
    credentials, found = read_credentials(connection, by=SYSTEM)
    user, password = credentials["username"], credentials["password"]
    assert user.removeprefix("user ") == password.removeprefix("password ")
    assert found == version


def kinds(results):
    return Counter(
        type(result) if isinstance(result, NothingToCorrect | InvitationFulfilled | Connection) else repr(result)
        for result in results
    )


def repair(invitation, index):
    return repair_connection(invitation, form_id=uuid4(), credentials=numbered(index), consent=CONSENT)


def test_two_repairs_at_once_stay_whole():
    for _ in range(5):
        connection = refused()
        invitation = create_repair_invitation(connection, by=SYSTEM)

        results = race(2, lambda index, invitation=invitation: repair(invitation, index))

        assert kinds(results) == {Connection: 2}
        stands_whole(connection, version=3)
        invitation.refresh_from_db()
        assert invitation.use_count == 2


def test_twenty_invitations_repair_at_once():
    connection = refused()
    invitations = [create_repair_invitation(connection, by=SYSTEM) for _ in range(20)]

    results = race(20, lambda index: repair(invitations[index], index))

    assert kinds(results) == {Connection: 20}
    stands_whole(connection, version=21)


def test_one_use_allows_one_repair():
    connection = refused()
    invitation = create_repair_invitation(connection, by=SYSTEM, max_uses=1)

    results = race(20, lambda index: repair(invitation, index))

    assert kinds(results) == {Connection: 1, InvitationFulfilled: 19}
    stands_whole(connection, version=2)


def test_twenty_corrections_at_once_take_one():
    connection = refused()
    invitation = make_invitation(connection.company)

    results = race(20, lambda index: correct_credentials(invitation, connection, credentials=numbered(index)))

    assert kinds(results) == {Connection: 1, NothingToCorrect: 19}
    stands_whole(connection, version=2)
    assert ConnectionEvent.objects.filter(type="CREDENTIALS_CHANGED").count() == 1


def test_correction_waits_for_a_revoke():
    connection = refused()
    invitation = make_invitation(connection.company)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            revoke_invitation(invitation, by=SYSTEM)
            correction = threads.submit(
                race, 1, lambda _: correct_credentials(invitation, connection, credentials=numbered(1))
            )
            wait_for_a_lock()
        (result,) = correction.result()
    assert isinstance(result, InvitationRevoked), result
    stands_whole(connection, version=1)


def test_correction_waits_for_address_removal():
    connection = refused()
    invitation = make_invitation(connection.company, allowed_emails=["a@example.com", "b@example.com"])
    details = {"credentials": numbered(1), "email": "a@example.com"}
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            update_invitation(invitation, by=SYSTEM, allowed_emails=["b@example.com"])
            correction = threads.submit(race, 1, lambda _: correct_credentials(invitation, connection, **details))
            wait_for_a_lock()
        (result,) = correction.result()
    assert isinstance(result, AddressRemoved), result
    stands_whole(connection, version=1)


def test_address_removal_waits_for_correction():
    connection = refused()
    invitation = make_invitation(connection.company, allowed_emails=["a@example.com"])
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            correct_credentials(invitation, connection, credentials=numbered(1), email="a@example.com")
            removal = threads.submit(
                race, 1, lambda _: update_invitation(invitation, by=SYSTEM, allowed_emails=["b@example.com"]).pk
            )
            wait_for_a_lock()
        assert removal.result() == [invitation.pk]
    stands_whole(connection, version=2)


def test_revoke_waits_for_a_correction():
    connection = refused()
    invitation = make_invitation(connection.company)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            correct_credentials(invitation, connection, credentials=numbered(1))
            revoker = threads.submit(race, 1, lambda _: revoke_invitation(invitation, by=SYSTEM).pk)
            wait_for_a_lock()
        assert revoker.result() == [invitation.pk]
    stands_whole(connection, version=2)


def test_twenty_workers_create_one_invitation():
    connection = refused(company=CompanyFactory(repairs_automatically=True), verified_email="a@example.com")

    results = race(20, lambda _: follow_status(connection.pk))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert sum(result is not None for result in results) == 1
    assert Invitation.objects.count() == 1


def test_repair_and_revocation_do_not_deadlock():
    """Both lock the invitation before the connection."""
    connection = refused(company=CompanyFactory(repairs_automatically=True), verified_email="a@example.com")
    invitation = follow_status(connection.pk)
    Invitation.objects.update(allowed_emails=[])
    report_status(connection, Status.CONNECTED, by=SYSTEM)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Invitation.objects.select_for_update().get(pk=invitation.pk)
            revocation = threads.submit(race, 1, lambda _: follow_status(connection.pk))
            wait_for_a_lock()
            repair(invitation, 1)
        assert revocation.result() == [None]
    stands_whole(connection, version=2)
    invitation.refresh_from_db()
    assert (invitation.use_count, invitation.revoked_at) == (1, None)


def test_revoke_waits_for_a_repair():
    connection = refused()
    invitation = create_repair_invitation(connection, by=SYSTEM)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            repair(invitation, 1)
            revoker = threads.submit(race, 1, lambda _: revoke_invitation(invitation, by=SYSTEM).pk)
            wait_for_a_lock()
        assert revoker.result() == [invitation.pk]
    assert [event.type for event in invitation.events.order_by("pk")] == ["CREATED", "USED", "REVOKED"]
    assert Credential.objects.get().version == 2
