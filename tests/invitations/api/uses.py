"""Uses of invitations."""

from typing import Any
from uuid import uuid4

from connections.models import Connection
from invitations.models import Invitation
from invitations.services.redemption import Account, redeem_invitation
from tests.factories import DatasourceFactory
from tests.invitations.consents import CONSENT

CREDENTIALS = {"username": "someone", "password": "something only they know"}


def spend_use(invitation: Invitation, **account: Any) -> Connection:
    """Connect an account through the invitation, by default at a new provider."""
    if not account:
        account = {"datasource": DatasourceFactory()}
    return redeem_invitation(
        invitation, form_id=uuid4(), account=Account(**account), credentials=CREDENTIALS, consent=CONSENT
    )
