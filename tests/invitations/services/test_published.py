"""Every change of an invitation or a connection is published, with the resource as the API shows it then."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from companies.actors import SYSTEM
from companies.models import PartnerEvent
from companies.services.companies import update_company
from connections.models.status import Status
from connections.services.closing import delete_connection, disable_connection
from connections.services.connections import change_credentials, report_status, update_connection
from invitations.models import Delivery, DeliveryStatus, Invitation
from invitations.services.address_correction import correct_address
from invitations.services.delivery.reports import record_delivery_report
from invitations.services.invitations import (
    create_repair_invitation,
    record_fetch,
    record_view,
    revoke_invitation,
    rotate_invitation,
    update_invitation,
)
from invitations.services.personal_data import erase_personal_data
from invitations.services.repairs import follow_status, repair_connection
from invitations.services.verification.proofs import create_proof
from tests.factories import DatasourceFactory, SiteFactory, make_connection, make_invitation
from tests.invitations.api.uses import CREDENTIALS, spend_use
from tests.invitations.consents import CONSENT

ANNA = "anna@example.com"
LEFT_OUT = {"token", "invitationUrl", "events", "hasMoreEvents", "deliveries", "statusHistory", "consent"}


@pytest.fixture
def told(api):
    """Function that returns the events since its last call, after comparing each to what the API shows now."""
    seen = [PartnerEvent.objects.count()]

    def read():
        events = list(PartnerEvent.objects.order_by("pk"))[seen[0] :]
        seen[0] += len(events)
        for event in events:
            kind = event.type.partition(".")[0]
            path = f"{kind}/{event.resource_id}{'/details' if kind == 'connection' else ''}"
            shown = {name: value for name, value in api.get(path).json().items() if name not in LEFT_OUT}
            assert event.data == shown, event.type
        return [event.type for event in events]

    return read


def view_again(invitation, *, minutes):
    Invitation.objects.update(last_viewed_at=timezone.now() - timedelta(minutes=minutes))
    record_view(Invitation.objects.select_related("company").get(pk=invitation.pk))


def last(event_type):
    return PartnerEvent.objects.filter(type=event_type).order_by("pk").last()


def test_life_of_an_invitation_is_published(told, company):
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True, expires_in=timedelta(days=1))
    seen = [told()]
    for act in (
        lambda: record_fetch(invitation),
        lambda: record_view(invitation),
        lambda: view_again(invitation, minutes=11),
        lambda: create_proof(invitation, ANNA, by="code"),
        lambda: record_delivery_report(Delivery.objects.get().reference, DeliveryStatus.BOUNCED),
        lambda: update_invitation(invitation, by=SYSTEM, max_uses=3),
        lambda: update_invitation(invitation, by=SYSTEM, max_uses=3),
        lambda: correct_address(invitation, by=SYSTEM, old=ANNA, new="ben@example.com"),
        lambda: rotate_invitation(invitation, by=SYSTEM),
        lambda: revoke_invitation(invitation, by=SYSTEM),
        lambda: revoke_invitation(invitation, by=SYSTEM),
    ):
        act()
        seen.append(told())
    names = ["created", None, "viewed", None, "verified", "delivery_failed", "updated", None, "updated", "rotated"]
    assert seen == [[f"invitation.{name}"] if name else [] for name in (*names, "revoked", None)]
    assert last("invitation.updated").previous == {"allowedEmails": [ANNA]}
    assert PartnerEvent.objects.filter(type="invitation.updated").earliest("pk").previous == {"maxUses": None}


def test_uses_are_published_with_their_connections(told, company):
    invitation = make_invitation(company, max_uses=2, external_id="order-1", metadata={"a": "b"})
    told()
    site = SiteFactory(company=company)
    first = spend_use(invitation, datasource=DatasourceFactory(), sites=(site,))
    assert told() == ["connection.created", "invitation.used"]
    spend_use(invitation)
    assert told() == ["connection.created", "invitation.used", "invitation.fulfilled"]
    assert last("invitation.fulfilled").data["status"] == "FULFILLED"
    reference = {"id": str(invitation.pk), "externalId": "order-1", "metadata": {"a": "b"}}
    report_status(first, Status.CONNECTED, by=SYSTEM)
    contexts = PartnerEvent.objects.filter(type__startswith="connection.").values_list("context", flat=True)
    assert list(contexts) == [{"invitation": reference}] * 3


def test_changes_of_a_connection_are_published(told, company):
    connection = make_connection(company)
    seen = [told()]
    repair = create_repair_invitation(connection, by=SYSTEM)
    site = SiteFactory(company=company)
    for act in (
        lambda: update_connection(connection, by=SYSTEM, external_id="x", sites=[site]),
        lambda: update_connection(connection, by=SYSTEM, external_id="x", sites=[site]),
        lambda: report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM, error_detail="No"),
        lambda: report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM, error_detail="Still no"),
    ):
        act()
        seen.append([name for name in told() if name != "invitation.created"])
    assert seen == [
        ["connection.created"],
        ["connection.updated"],
        [],
        ["connection.status_changed"],
        ["connection.status_changed"],
    ]
    assert last("connection.status_changed").previous == {"statusErrorDetail": "No"}
    assert last("connection.updated").previous == {"externalId": None, "siteIds": []}
    assert last("connection.updated").context == {"invitation": None}

    repair_connection(repair, form_id=repair.pk, credentials=CREDENTIALS, consent=CONSENT)
    types = [event.type for event in PartnerEvent.objects.order_by("-pk")[:3]]
    assert types == ["invitation.used", "connection.status_changed", "connection.credentials_changed"]


def test_end_of_a_connection_is_published(told, company):
    connection = make_connection(company)
    repair = create_repair_invitation(connection, by=SYSTEM)
    told()
    disable_connection(connection, by=SYSTEM)
    assert told() == ["connection.status_changed"]
    follow_status(connection.pk)
    assert told() == ["invitation.revoked"]
    assert last("invitation.revoked").resource_id == repair.pk
    change_credentials(connection, credentials=CREDENTIALS, by=SYSTEM)
    delete_connection(connection, by=SYSTEM)
    deleted = last("connection.deleted")
    assert (deleted.data["status"], deleted.data["verifiedEmail"]) == ("DISABLED", None)
    assert deleted.data["deletedAt"]


def test_bulk_changes_publish_by_few_queries(company):
    def change(number):
        for _ in range(number):
            make_connection(company)
            spend_use(make_invitation(company))
            make_invitation(company, allowed_emails=[ANNA])
        with CaptureQueriesContext(database) as activity:
            update_company(company, is_active=False)
        update_company(company, is_active=True)
        with CaptureQueriesContext(database) as erasure:
            erase_personal_data(ANNA, by=SYSTEM)
        return len(activity), len(erasure)

    assert change(1) == change(3)
    assert last("connection.status_changed").previous == {"status": "COMPANY_INACTIVE"}
    assert ANNA not in str(list(PartnerEvent.objects.values_list("data", "previous", "context")))
    assert last("invitation.updated").previous is None


def test_rolled_back_changes_are_not_published(company):
    with transaction.atomic():
        make_invitation(company)
        spend_use(Invitation.objects.get())
        transaction.set_rollback(True)
    assert not PartnerEvent.objects.exists()
