"""Logged-in staff, and invitations."""

import pytest

from companies.actors import CONTRIBUTOR
from connections.models.status import Status as ConnectionStatus
from invitations.models import Delivery, DeliveryStatus, EventType
from invitations.services.events import log_event
from tests.factories import UserFactory, make_invitation
from tests.invitations.admin.dashboard.pages import mark_opened, repair, use


@pytest.fixture
def staff(db):
    return UserFactory(name="Mary Okafor")


@pytest.fixture
def admin_client(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def every_step(company):
    """Ten invitations of a company: 10 created, 6 mailed, 5 opened, 3 verified, 4 submitted, 2 connected."""
    made = [make_invitation(company) for _ in range(7)]
    for each in made[:6]:
        Delivery.objects.create(invitation=each, email="a@example.com", status=DeliveryStatus.SENT)
        Delivery.objects.create(invitation=each, email="b@example.com", status=DeliveryStatus.SENT)
    mark_opened(*made[:5])
    for each in made[:3]:
        log_event(each, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email="a@example.com")
        log_event(each, EventType.EMAIL_VERIFIED, by=CONTRIBUTOR, email="b@example.com")
    use(made[0])
    use(made[0], ConnectionStatus.CONNECTED)
    use(made[1], ConnectionStatus.PASSWORD_INCORRECT)
    repair(company, ConnectionStatus.CONNECTED)
    repair(company, ConnectionStatus.PENDING)
    make_invitation(company)
    return made
