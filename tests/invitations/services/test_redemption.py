from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from companies.services.companies import update_company
from config.exceptions import InvalidField
from connections.models import Connection, Credential
from connections.models.status import Status as ConnectionStatus
from invitations.exceptions import (
    InvitationExpired,
    InvitationFulfilled,
    InvitationPaused,
    InvitationRevoked,
    ProofRequired,
)
from invitations.models import EventType, Invitation
from invitations.models.status import Status
from invitations.services.invitations import revoke_invitation
from invitations.services.redemption import Account, redeem_invitation
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.consents import CONSENT

CREDENTIALS = {"username": "someone", "password": "something only they know"}


def log_of(invitation: Invitation) -> list[str]:
    return [event.type for event in invitation.events.order_by("pk")]


def redeem(invitation: Invitation, form_id: UUID | None = None, **account: Any) -> Connection:
    account = account or {"datasource": DatasourceFactory()}
    return redeem_invitation(
        invitation,
        form_id=form_id or uuid4(),
        account=Account(**account),
        credentials=CREDENTIALS,
        consent=CONSENT,
    )


def test_redeem_creates_a_pending_connection(company):
    invitation = make_invitation(company)
    site = SiteFactory(company=company)

    connection = redeem(
        invitation,
        url="https://utility.example.com",
        country="FR",
        sites=(site,),
        utility_types=("WATER",),
        owner_email="owner@example.com",
    )

    connection.refresh_from_db()
    assert (connection.company, connection.status) == (company, ConnectionStatus.PENDING)
    assert (connection.url, connection.country) == ("https://utility.example.com", "FR")
    assert (list(connection.sites.all()), connection.utility_types) == ([site], ["WATER"])
    assert (connection.owner_email, connection.verified_email) == ("owner@example.com", None)
    invitation.refresh_from_db()
    assert invitation.use_count == 1
    assert log_of(invitation) == [EventType.CREATED, EventType.USED]
    detail = {"connectionId": str(connection.pk), "consent": CONSENT._asdict()}
    assert invitation.events.get(type=EventType.USED).detail == detail


def test_last_use_fulfils_the_invitation(company):
    invitation = make_invitation(company, max_uses=2)
    redeem(invitation)
    assert EventType.FULFILLED not in log_of(invitation)

    redeem(invitation)

    assert log_of(invitation)[-2:] == [EventType.USED, EventType.FULFILLED]
    with pytest.raises(InvitationFulfilled):
        redeem(invitation)
    assert Connection.objects.count() == 2


def test_same_form_returns_the_same_connection(company):
    invitation, form_id = make_invitation(company, max_uses=1), uuid4()

    datasource = DatasourceFactory()
    first = redeem(invitation, form_id, datasource=datasource)
    second = redeem(invitation, form_id, datasource=datasource)

    assert first == second
    assert log_of(invitation).count(EventType.USED) == 1


def test_form_id_belongs_to_its_invitation(company):
    one, other, form_id = make_invitation(company), make_invitation(company), uuid4()

    assert redeem(one, form_id) != redeem(other, form_id)


def test_redeem_reads_the_current_company(company):
    opened = Invitation.objects.select_related("company").get(pk=make_invitation(company).pk)
    update_company(company, is_active=False)

    with pytest.raises(InvitationPaused):
        redeem(opened)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"revoked_at": timezone.now()}, InvitationRevoked),
        ({"max_uses": 1, "use_count": 1}, InvitationFulfilled),
        ({"created_at": timezone.now() - timedelta(2), "expires_at": timezone.now() - timedelta(1)}, InvitationExpired),
        ({"allowed_emails": ["a@example.com"]}, ProofRequired),
    ],
)
def test_redeem_checks_the_current_state(company, change, refusal):
    opened = make_invitation(company)
    Invitation.objects.update(**{"updated_at": timezone.now()} | change)

    with pytest.raises(refusal):
        redeem(opened)

    assert not Connection.objects.exists()
    assert not Credential.objects.exists()
    assert log_of(opened) == [EventType.CREATED]


def test_invalid_connection_spends_no_use(company):
    invitation = make_invitation(company, max_uses=1)

    with pytest.raises(InvalidField):
        redeem(invitation, url="file:///etc/passwd")

    invitation.refresh_from_db()
    assert (invitation.use_count, log_of(invitation)) == (0, [EventType.CREATED])


def test_used_up_invitation_can_be_revoked(company):
    invitation = make_invitation(company, max_uses=1)
    redeem(invitation)

    assert revoke_invitation(invitation, by=SYSTEM).status == Status.REVOKED
