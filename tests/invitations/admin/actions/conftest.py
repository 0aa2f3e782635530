"""The invitation that is changed."""

import pytest

from tests.factories import make_invitation
from tests.invitations.admin.actions.pages import BEN, WRONG


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[WRONG, BEN], max_uses=2)
