import pytest

from companies.actors import SYSTEM
from connections.models.status import Status
from connections.services.catalogue import update_datasource
from invitations.models.prefill import Prefill
from invitations.services.invitations import create_repair_invitation
from tests.factories import DatasourceFactory, make_connection, make_invitation
from tests.invitations.answers import PASSWORD, answers, page, saved
from tests.invitations.contributor.forms.extras import (
    ASKED,
    EXTRA,
    LOGIN,
    is_beside_password,
    is_open,
    is_optional,
    is_required_by_browser,
)
from tests.invitations.contributor.steps import tag
from tests.invitations.repairs import NEW, found, login, opened, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, max_uses=1)


def prefilled(company, datasource, *locked):
    return make_invitation(company, prefill=Prefill(datasource_id=datasource.pk, locked_fields=locked))


def test_connect_requires_extras_of_provider(client, invitation, demanding):
    fields = {"provider": demanding.name}
    content = read(client.post(page(invitation, "connect"), answers(**fields)))
    assert content.count(ASKED) == 4  # at each field and in the error summary
    assert is_beside_password(content, "account_number")
    assert not is_optional(content, "account_number")
    connection = saved(client, invitation, **fields, **EXTRA)
    assert opened(connection) == {"username": "riverside", "password": PASSWORD} | EXTRA


@pytest.mark.parametrize("locked", [(), ("datasource_id",)], ids=["filled in", "locked"])
def test_prefilled_provider_shows_required_extras(client, company, demanding, locked):
    content = read(client.get(page(prefilled(company, demanding, *locked), "connect")))

    assert all(is_beside_password(content, name) for name in EXTRA)
    assert not is_open(content)
    assert "<bdi>Demanding Energy</bdi> also asks for: Account number and Authenticator key." in content
    assert [is_optional(content, name) for name in ("account_number", "authenticator_seed")] == [False, False]
    assert is_optional(content, "security_answer")
    # if another provider may be chosen, the browser cannot know what that one asks for
    assert is_required_by_browser(content, "account_number") == bool(locked)


@pytest.mark.parametrize("locked", [(), ("datasource_id",)], ids=["filled in", "locked"])
def test_prefilled_provider_requires_extras(client, company, demanding, locked):
    invitation = prefilled(company, demanding, *locked)
    posted = {"provider": None if locked else demanding.name}

    content = read(client.post(page(invitation, "connect"), answers(**posted)))
    assert content.count(ASKED) == 4
    assert "also asks for: Account number and Authenticator key." in content

    assert opened(saved(client, invitation, **posted, **EXTRA)).items() >= EXTRA.items()


def test_other_provider_requires_its_extras(client, company, demanding):
    invitation = prefilled(company, demanding)

    assert opened(saved(client, invitation)) == {"username": "riverside", "password": PASSWORD}


def test_repair_requires_extras_of_provider(client, company, demanding):
    connection = make_connection(company, credentials=LOGIN)
    update_datasource(connection.datasource, asks_for=list(EXTRA))
    invitation = create_repair_invitation(connection, by=SYSTEM)
    content = read(client.get(page(invitation, "connect")))
    assert is_beside_password(content, "account_number")
    assert f"<bdi>{connection.datasource.name}</bdi> also asks for: Account number and Authenticator key." in content
    assert is_required_by_browser(content, "account_number")
    content = read(client.post(page(invitation, "connect"), login()))
    assert content.count(ASKED) == 4
    assert client.post(page(invitation, "connect"), login(**EXTRA)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_correction_requires_extras_of_provider(client, invitation):
    datasource = DatasourceFactory()
    connection = found(saved(client, invitation, provider=datasource.name))
    update_datasource(datasource, asks_for=list(EXTRA))
    content = read(client.post(page(invitation, "correct"), login()))
    assert content.count(ASKED) == 4
    assert is_beside_password(content, "account_number")
    assert client.post(page(invitation, "correct"), login(**EXTRA)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_missing_details_open_extras(client, invitation, connected):
    assert '<details class="more">' in read(client.get(page(make_invitation(), "connect")))
    found(connected, Status.ADDITIONAL_CREDENTIALS_NEEDED)
    assert is_open(read(client.get(page(invitation, "state"))))


def test_expired_key_is_asked_first(client, invitation, connected):
    found(connected, Status.MFA_TOKEN_EXPIRED)
    content = read(client.get(page(invitation, "state")))
    assert is_beside_password(content, "authenticator_seed")
    assert not is_open(content)
    for claimed in ("also asks for", "key again"):
        assert claimed not in content
    # a contributor who receives codes can go on
    assert "Codes that come by text message, phone or email cannot be used" in content


@pytest.mark.parametrize("stored", [{}, EXTRA], ids=["none", "one"])
def test_expired_key_is_required_again(client, invitation, stored):
    connection = found(saved(client, invitation, **stored), Status.MFA_TOKEN_EXPIRED)
    content = read(client.get(page(invitation, "state")))
    assert not is_optional(content, "authenticator_seed")
    assert is_required_by_browser(content, "authenticator_seed")
    assert is_optional(content, "account_number")
    assert f"{ASKED}." in read(client.post(page(invitation, "correct"), login()))
    assert client.post(page(invitation, "correct"), login(authenticator_seed="NEW")).status_code == 302
    assert opened(connection)["authenticator_seed"] == "NEW"


def test_missing_details_require_one_extra(client, invitation):
    connection = found(saved(client, invitation, **EXTRA), Status.ADDITIONAL_CREDENTIALS_NEEDED)
    content = read(client.get(page(invitation, "state")))
    assert "at least one of these" in content
    assert "(optional)" not in content
    content = read(client.post(page(invitation, "correct"), login()))
    wanted = "Fill in at least one of these: Account number, Answer to the security question, Authenticator key."
    assert f'<a href="#id_account_number">Account number – {wanted}</a>' in content
    assert 'aria-invalid="true"' in tag(content, "account_number")
    assert is_open(content)
    assert opened(connection)["password"] == PASSWORD
    assert client.post(page(invitation, "correct"), login(security_answer="Rex")).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW, "security_answer": "Rex"} | EXTRA
