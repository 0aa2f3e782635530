"""The pages of an invitation that is revoked, used up, expired or needs a correction."""

from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.test import Client

from companies.actors import SYSTEM
from companies.models import Company
from connections.models import Connection
from connections.models.status import Status
from invitations.contributor.request import CLOSED_TEMPLATES
from invitations.exceptions import InvitationClosed, ProviderGone
from invitations.models import Invitation, InvitationEvent, Use
from invitations.models.prefill import Prefill
from invitations.services.invitations import create_repair_invitation
from invitations.services.redemption import Account, redeem_invitation
from tests.factories import DatasourceFactory, make_connection, make_invitation
from tests.invitations.answers import PASSWORD, PROVIDER_URL, answers, page, saved, stored, submit
from tests.invitations.consents import CONSENT
from tests.invitations.contributor.steps import ANNA, CLOSE, CLOSED_TITLES, accept, at, links_of
from tests.invitations.repairs import found, has_form, login, opened, read, revoke, rows

pytestmark = pytest.mark.django_db

LOGIN_WORKS = "The login works, so there is nothing to do"
NEXT_STEPS = {
    "revoked": "ask the person who sent it for a new invitation",
    "used": "ask the person who sent it for a new invitation",
    "expired": "ask for a new link",
}
REPAIR_REASONS = {
    "revoked": "It asked for the login of an account",
    "used": "The login it asked for has been given.",
    "expired": "If the login still does not work",
}


def title_of(content):
    return [title for title in CLOSED_TITLES.values() if f"<h1>{title}</h1>" in content]


def kinds_of(kind):
    return {each for child in kind.__subclasses__() for each in (child, *kinds_of(child))}


def test_every_closed_exception_has_a_template():
    assert kinds_of(InvitationClosed) == set(CLOSED_TEMPLATES)
    for name in CLOSED_TEMPLATES.values():
        page = render_to_string(f"invitations/{name}.html", {"invitation": Invitation(company=Company()), "token": "x"})
        assert "Do you need help?" in page, name


@pytest.mark.parametrize("state", CLOSE)
def test_closed_invitation_has_its_own_words(client, invitation, state):
    CLOSE[state](invitation)
    for name in ("", "verify", "connect"):
        content = read(client.get(page(invitation, name)), 410)
        assert title_of(content) == [CLOSED_TITLES[state]]
        assert invitation.company.partner.name in content
        assert NEXT_STEPS[state] in content.lower()
        assert "Do you need help?" in content


def test_first_closing_reason_is_shown(client, invitation):
    shown = []
    for state in ("expired", "used", "revoked"):
        CLOSE[state](invitation)
        shown += title_of(read(client.get(page(invitation)), 410))
    assert shown == [CLOSED_TITLES[state] for state in ("expired", "used", "revoked")]


@pytest.mark.parametrize("close", CLOSE.values(), ids=CLOSE)
def test_closed_invitation_suggests_and_records_nothing(client, invitation, close):
    DatasourceFactory(name="Berliner Wasser")
    close(invitation)
    assert client.get(page(invitation, "providers"), {"query": "berliner"}).status_code == 410
    client.get(page(invitation))
    assert not InvitationEvent.objects.filter(type="VIEWED").exists()


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
@pytest.mark.parametrize("state", CLOSE)
def test_closing_before_submit_stores_nothing(client, invitation, state, filled):
    assert client.get(page(invitation, "connect")).status_code == 200
    CLOSE[state](invitation)
    before = Invitation.objects.values().get(pk=invitation.pk)
    response = submit(client, invitation, **filled)
    content = read(response, 410)
    assert title_of(content) == [CLOSED_TITLES[state]]
    assert PASSWORD not in content
    assert stored() == [0, 0, 0]
    assert Invitation.objects.values().get(pk=invitation.pk) == before
    assert not InvitationEvent.objects.filter(type="USED").exists()
    assert set(response.cookies) <= {"csrf"}


# --- repairs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
@pytest.mark.parametrize("state", CLOSE)
def test_closed_repair_changes_nothing(client, to_repair, state, filled):
    CLOSE[state](to_repair)
    before = rows()
    for response in (
        client.get(page(to_repair, "connect")),
        client.post(page(to_repair, "connect"), login(**filled)),
    ):
        assert title_of(read(response, 410)) == [CLOSED_TITLES[state]]
    assert rows() == before


@pytest.mark.parametrize("state", CLOSE)
def test_closed_repair_speaks_of_login(client, to_repair, state):
    CLOSE[state](to_repair)
    content = read(client.get(page(to_repair)), 410)
    assert REPAIR_REASONS[state] in content
    assert NEXT_STEPS[state] in content.lower()
    assert "connect another account" not in content.lower()


@pytest.mark.parametrize("close", CLOSE.values(), ids=CLOSE)
def test_closed_repair_says_when_login_works(client, to_repair, close):
    close(to_repair)
    shown = {}
    for status in (Status.PASSWORD_INCORRECT, Status.PENDING, Status.WEBSITE_DOWN, Status.CONNECTED):
        Connection.objects.update(status=status)
        shown[status] = LOGIN_WORKS in read(client.get(page(to_repair)), 410)
    assert [status for status, works in shown.items() if works] == [Status.CONNECTED]


# --- links to the submitted login ----------------------------------------------------------------------------


def test_used_invitation_reports_refused_login(client, company):
    invitation = make_invitation(company, max_uses=1)
    found(saved(client, invitation))
    content = read(client.get(page(invitation)), 410)
    assert "Every login this invitation was for has been given." in content
    assert "The provider refused the login." in content
    assert "connected." not in content


def test_used_repair_links_to_correction(client, company):
    connection = found(make_connection(company))
    invitation = create_repair_invitation(connection, by=SYSTEM, max_uses=1)
    client.post(page(invitation, "connect"), login())
    assert "See the result" in read(client.get(page(invitation)), 410)
    found(connection)
    before = rows()
    for name in ("", "connect"):
        content = read(client.get(page(invitation, name)), 410)
        assert "The provider refused the login" in content
        assert f'href="{page(invitation, "done")}">Correct the login' in content
    assert rows() == before
    assert has_form(read(client.get(page(invitation, "done"))))


def test_used_personal_link_links_to_correction(client, company):
    connection = found(make_connection(company))
    invitation = create_repair_invitation(connection, by=SYSTEM, max_uses=1, allowed_emails=[ANNA], send_email=True)
    (link,) = links_of(invitation)
    accept(client, link)
    assert client.post(at(link, "connect"), login()).status_code == 302
    found(connection)
    assert f'href="{at(link, "done")}">Correct the login' in read(client.get(at(link)), 410)
    assert client.post(at(link, "correct"), login()).status_code == 302
    assert (opened(connection)["password"], Use.objects.count()) == (login()["password"], 1)


def test_closed_page_hides_connection_from_strangers(client, company):
    invitation = make_invitation(company, max_uses=1)
    connection = found(saved(client, invitation))
    content = read(Client().get(page(invitation)), 410)
    assert "/done" not in content
    assert connection.provider_name not in content


def test_revoked_invitation_links_to_result(client, invitation):
    found(saved(client, invitation))
    revoke(invitation)
    content = read(client.get(page(invitation)), 410)
    assert "See the result" in content
    assert "Correct the login" not in content


# --- removed providers ------------------------------------------------------------------------------


def without_provider(company, *locked):
    datasource = DatasourceFactory()
    invitation = make_invitation(company, prefill=Prefill(datasource_id=datasource.pk, locked_fields=locked))
    datasource.delete()
    return invitation


def test_missing_locked_provider_closes_invitation(client, company):
    invitation = without_provider(company, "datasource_id")
    for response in (client.get(page(invitation, "connect")), client.post(page(invitation, "connect"), answers())):
        content = read(response, 410)
        assert "This invitation needs a correction" in content
        assert "that provider is not in our list any more" in content
        assert "Ask the person who sent it for a new invitation" in content
    with pytest.raises(ProviderGone):
        redeem_invitation(
            invitation,
            form_id=uuid4(),
            account=Account(url=PROVIDER_URL),
            credentials={"username": "u", "password": "p"},
            consent=CONSENT,
        )
    assert stored() == [0, 0, 0]


def test_missing_unlocked_provider_leaves_choice(client, company):
    assert saved(client, without_provider(company)).url == PROVIDER_URL
