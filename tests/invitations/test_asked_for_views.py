"""What a provider asks for beside user name and password."""

import pytest

from companies.actors import SYSTEM
from connections.status import Status
from invitations.services import create_repair_invitation
from tests.factories import DatasourceFactory, make_connection, make_invitation
from tests.invitations.answers import PASSWORD, answers, page, saved
from tests.invitations.repairs import (
    NEW,
    found,
    login,
    opened,
    read,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, max_uses=1)


@pytest.fixture
def connected(client, invitation):
    """What the client has just connected; it waits for its check."""
    return saved(client, invitation)


EXTRA = {"account_number": "4711", "authenticator_seed": "JBSWY3DP"}
ASKED = "Your provider asks for this"


@pytest.fixture
def demanding():
    return DatasourceFactory(name="Demanding Energy", asks_for=list(EXTRA))


def test_what_the_provider_asks_for_is_demanded_when_connecting(client, invitation, demanding):
    fields = {"provider": demanding.name}
    content = read(client.post(page(invitation, "connect"), answers(**fields)))
    assert content.count(ASKED) == 4  # at each field and in the list above
    assert '<details class="more" open>' in content
    connection = saved(client, invitation, **fields, **EXTRA)
    assert opened(connection) == {"username": "riverside", "password": PASSWORD} | EXTRA


def test_what_the_provider_asks_for_is_demanded_when_correcting(client, invitation, demanding):
    connection = found(saved(client, invitation, provider=demanding.name, **EXTRA))
    content = read(client.post(page(invitation, "correct"), login()))
    assert content.count(ASKED) == 4
    assert '<details class="more" open>' in content
    assert client.post(page(invitation, "correct"), login(**EXTRA)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_what_the_provider_asks_for_is_demanded_when_repairing(client, company, demanding):
    credentials = {"username": "someone", "password": "something", **EXTRA}
    connection = make_connection(company, datasource=demanding, credentials=credentials)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    content = read(client.post(page(invitation, "connect"), login()))
    assert content.count(ASKED) == 4
    assert client.post(page(invitation, "connect"), login(**EXTRA)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_secret_extras_come_back_in_no_page(client, invitation, demanding):
    fields = {"provider": demanding.name, "security_answer": "first pet", **EXTRA, "password": ""}
    content = read(client.post(page(invitation, "connect"), answers(**fields)))
    assert "JBSWY3DP" not in content
    assert "first pet" not in content


@pytest.mark.parametrize("status", [Status.MFA_TOKEN_EXPIRED, Status.ADDITIONAL_CREDENTIALS_NEEDED])
def test_the_fields_that_the_check_wants_stand_open(client, invitation, connected, status):
    assert '<details class="more">' in read(client.get(page(make_invitation(), "connect")))
    found(connected, status)
    assert '<details class="more" open>' in read(client.get(page(invitation, "state")))
