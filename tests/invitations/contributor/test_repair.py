import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from companies.actors import SYSTEM
from connections.exceptions import LoginPageMoved
from connections.models import Connection, Credential
from connections.models.status import Status
from connections.models.status_texts import STATUS_TEXTS
from connections.services.catalogue import update_datasource
from connections.services.credentials import read_credentials
from invitations.models import InvitationEvent
from invitations.services.invitations import create_repair_invitation
from tests.factories import DatasourceFactory, make_connection
from tests.invitations.answers import page
from tests.invitations.repairs import NEW, found, login, opened, read

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["", "connect"])
def test_repairable_status_asks_for_help(client, company, name):
    status = Status.PASSWORD_INCORRECT
    connection = found(make_connection(company), status)
    content = read(client.get(page(create_repair_invitation(connection, by=SYSTEM), name)))
    assert f"The login at <bdi>{connection.provider_name}</bdi> needs your help" in content
    assert str(STATUS_TEXTS[status].title) in content
    assert str(STATUS_TEXTS[status].explanation) in content


def test_other_status_asks_for_nothing(client, company):
    status = Status.WEBSITE_DOWN
    connection = found(make_connection(company), status)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    content = read(client.get(page(invitation, "connect")))
    assert str(STATUS_TEXTS[status].title) in content
    assert "You do not need to do anything about this" in content
    assert "needs your help" not in content
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    assert opened(connection)["password"] == NEW


def test_working_connection_accepts_new_login(client, company):
    connection = found(make_connection(company), Status.CONNECTED)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    for name in ("", "connect"):
        assert "There is nothing to do" in read(client.get(page(invitation, name)))
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    connection.refresh_from_db()
    assert (opened(connection)["password"], connection.status) == (NEW, Status.PENDING)


def test_moved_login_page_is_confirmed_by_repair(client, company):
    connection = found(make_connection(company), Status.CONNECTED)
    update_datasource(connection.datasource, login_url="https://new.example/login")
    invitation = create_repair_invitation(connection, by=SYSTEM)
    shown = read(client.get(page(invitation, "connect")))
    assert "There is nothing to do" not in shown
    assert "It is now at <strong>new.example</strong>" in shown
    with pytest.raises(LoginPageMoved):
        read_credentials(connection, by=SYSTEM)

    assert client.post(page(invitation, "connect"), login()).status_code == 302
    assert opened(connection)["password"] == NEW


def test_pending_connection_is_being_checked(client, company):
    invitation = create_repair_invitation(make_connection(company), by=SYSTEM)
    assert "The login is being checked" in read(client.get(page(invitation, "connect")))


def test_repair_keeps_connection_and_spends_use(client, broken, to_repair):
    response = client.post(page(to_repair, "connect"), login())
    assert (response.status_code, response["Location"]) == (302, page(to_repair, "done"))
    broken.refresh_from_db()
    to_repair.refresh_from_db()
    assert (broken.status, opened(broken)["password"]) == (Status.PENDING, NEW)
    assert (Connection.objects.count(), to_repair.use_count) == (1, 1)
    assert "data-waiting" in read(client.get(page(to_repair, "state")))
    content = read(client.get(page(to_repair, "done")))
    assert broken.provider_name in content
    assert "Connect another account" not in content


def test_refused_repair_is_corrected_without_use(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, max_uses=1)
    client.post(page(invitation, "connect"), login(password="wrong again"))
    found(broken)
    assert client.post(page(invitation, "correct"), login()).status_code == 302
    invitation.refresh_from_db()
    assert (opened(broken)["password"], invitation.use_count) == (NEW, 1)


def test_repair_cannot_change_provider(client, broken, to_repair):
    content = read(client.get(page(to_repair, "connect")))
    assert broken.provider_name in content
    assert not re.search(r'name="(provider|datasource|url|sites|country)"', content)
    before = Connection.objects.values("datasource", "url", "country", "company", "owner_email").get()
    other = DatasourceFactory()
    forged = {
        "provider": other.name,
        "datasource": str(other.pk),
        "url": "https://evil.example/login",
        "country": "FR",
        "owner_email": "evil@example.com",
        "connection": str(make_connection().pk),
        "status": "CONNECTED",
    }
    assert client.post(page(to_repair, "connect"), login(**forged)).status_code == 302
    assert (
        Connection.objects.values("datasource", "url", "country", "company", "owner_email").get(pk=broken.pk) == before
    )
    broken.refresh_from_db()
    assert broken.status == Status.PENDING


def test_same_repair_is_saved_once(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, max_uses=1)
    filled = login()
    for _ in range(3):
        assert client.post(page(invitation, "connect"), filled)["Location"] == page(invitation, "done")
    invitation.refresh_from_db()
    assert (invitation.use_count, Credential.objects.get(connection=broken).version) == (1, 2)
    assert InvitationEvent.objects.filter(type="USED").count() == 1


def test_repair_pages_contain_no_secret(client, company):
    connection = found(make_connection(company, credentials={"username": "old user", "password": "old secret"}))
    invitation = create_repair_invitation(connection, by=SYSTEM)
    for name in ("", "connect", "done", "state"):
        content = client.get(page(invitation, name)).content.decode()
        assert "old user" not in content
        assert "old secret" not in content


def test_invalid_repair_keeps_no_password(client, to_repair):
    content = read(client.post(page(to_repair, "connect"), login(username="")))
    assert "n3w" not in content
    assert "Enter the user name" in content


def test_repair_pages_escape_text(client, company):
    hostile = '"><script>alert(1)</script>{{ 7*7 }}'
    connection = make_connection(company, datasource=DatasourceFactory(name=hostile))
    found(connection, contributor_message=hostile)
    invitation = create_repair_invitation(connection, by=SYSTEM, message=hostile)
    for name in ("", "connect"):
        content = read(client.get(page(invitation, name)))
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in content


def test_repair_page_needs_few_queries(client, to_repair):
    path = page(to_repair, "connect")
    client.get(path)  # the first view is logged
    with CaptureQueriesContext(database) as captured:
        read(client.get(path))
    assert len(captured) <= 2, [query["sql"] for query in captured]


@pytest.mark.parametrize("status", [Status.PASSWORD_INCORRECT, Status.WEBSITE_DOWN, Status.CONNECTED])
def test_repair_page_shows_provider_answer(client, company, status):
    connection = found(make_connection(company), status, contributor_message="Call 0800 1 to unlock your account.")
    invitation = create_repair_invitation(connection, by=SYSTEM)
    for name in ("", "connect"):
        assert "Call 0800 1 to unlock your account." in read(client.get(page(invitation, name)))


def test_repair_page_without_answer_shows_none(client, to_repair):
    assert "Call 0800" not in read(client.get(page(to_repair, "connect")))
