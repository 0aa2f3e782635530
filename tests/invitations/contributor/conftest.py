import pytest

from companies.actors import SYSTEM
from companies.models import Company
from connections.models import Connection, Datasource
from invitations.models import Invitation
from invitations.services.invitations import create_repair_invitation
from tests.factories import DatasourceFactory, make_connection, make_invitation
from tests.invitations.contributor.forms.extras import EXTRA
from tests.invitations.repairs import found


@pytest.fixture
def invitation(company: Company) -> Invitation:
    return make_invitation(company)


@pytest.fixture
def broken(company: Company) -> Connection:
    """A connection whose login the provider refused."""
    return found(make_connection(company))


@pytest.fixture
def to_repair(broken: Connection) -> Invitation:
    return create_repair_invitation(broken, by=SYSTEM)


@pytest.fixture
def demanding() -> Datasource:
    """A provider that asks for an account number and an authenticator key."""
    return DatasourceFactory(name="Demanding Energy", asks_for=list(EXTRA))
