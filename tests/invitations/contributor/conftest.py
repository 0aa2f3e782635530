import pytest

from companies.models import Company
from invitations.models import Invitation
from tests.factories import make_invitation


@pytest.fixture
def invitation(company: Company) -> Invitation:
    return make_invitation(company)
