"""Several tabs and invitations side by side in one browser: each page names what it is about."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from connections.models.status import Status
from invitations.models import Invitation, Use
from invitations.services.invitations import create_repair_invitation
from tests.factories import DatasourceFactory, SiteFactory, make_connection, make_invitation
from tests.invitations.answers import answers, page, saved
from tests.invitations.contributor.steps import ANNA, BEN, accept, at, links_of
from tests.invitations.repairs import create_proof, found, login, opened, read

pytestmark = pytest.mark.django_db

STATES = (Status.PENDING, Status.PASSWORD_INCORRECT, Status.CONNECTED)
TITLES = {
    Status.PENDING: "We are checking the login",
    Status.PASSWORD_INCORRECT: "The provider refused the login",
    Status.CONNECTED: "It works",
}
UNSAVED = "What you typed now was not saved"


def connect(client, invitation, host):
    connection = saved(client, invitation, provider=f"{host}.example", username=host, password=f"password of {host}")
    return connection, invitation.uses.latest("pk")


def move(connection, status):
    if status != Status.PENDING:
        found(connection, status)


def side_by_side(company) -> Iterator[tuple[Any, Invitation, Invitation]]:
    """Two tabs of one invitation, and two invitations, in orders of their outcomes."""
    for states in product(STATES, STATES):
        one = make_invitation(company, max_uses=5)
        yield states, one, one
    for state in STATES:
        yield (state, Status.PASSWORD_INCORRECT), make_invitation(company), make_invitation(company)


def shown(client, invitation, use):
    """Host and title on the page that the result reloads."""
    content = read(client.get(page(invitation, "state", use=use)))
    return re.findall(r"Your account at <bdi>(\w)\.example</bdi></p>\s*<h1>([^<]*)", content)


def test_pages_and_correction_name_their_connection(company):
    wanted, got = {}, {}
    for states, first, second in side_by_side(company):
        client, case = Client(), (*states, first == second)
        (a, use), (b, other_use) = connect(client, first, "a"), connect(client, second, "b")
        move(a, states[0])
        move(b, states[1])
        seen = shown(client, first, use) + shown(client, second, other_use)
        response = client.post(page(first, "correct", use=use), login(username="a", password="right"))
        says_saved = response.status_code == 302 and UNSAVED not in response.content.decode()
        got[case] = (seen, opened(a)["password"], opened(b)["password"], says_saved)
        is_saved = states[0] == Status.PASSWORD_INCORRECT
        titles = [("a", TITLES[states[0]]), ("b", TITLES[states[1]])]
        wanted[case] = (titles, "right" if is_saved else "password of a", "password of b", is_saved)
    assert got == wanted


def test_five_repairs_stay_apart(client, company):
    broken = [found(make_connection(company)) for _ in range(5)]
    invitations = [
        create_repair_invitation(connection, by=SYSTEM, allowed_emails=["a@b.example"]) for connection in broken
    ]
    for invitation in invitations:
        create_proof(client, invitation, "a@b.example")
        client.post(page(invitation, "connect"), login(password="wrong"))
    for number, (invitation, connection) in enumerate(zip(invitations, broken, strict=True)):
        found(connection)
        assert connection.provider_name in read(client.get(page(invitation, "done")))
        client.post(page(invitation, "correct"), login(password=f"right {number}"))
    assert [opened(connection)["password"] for connection in broken] == [f"right {number}" for number in range(5)]


def test_changed_replay_says_what_was_kept(client, company):
    invitation = make_invitation(company, max_uses=1)
    form, path = answers(), page(invitation, "connect")
    assert client.post(path, form).status_code == 302
    for changes in ({"password": "another"}, {"username": "another"}, {"provider": "b.example"}, {"country": "FR"}):
        content = read(client.post(path, form | changes), 409)
        assert UNSAVED in content
        assert "portal.utility.example" in content
        assert f'href="{page(invitation, "correct")}"' in content
        assert "another" not in content
    assert client.post(path, form)["Location"] == page(invitation, "done")
    assert (Use.objects.count(), opened(Connection.objects.get())["password"]) == (1, form["password"])


def test_replay_with_untidy_values_is_the_same(client, company):
    site = SiteFactory(company=company)
    DatasourceFactory(name="Old Energy", country="GB")
    for provider in ("old energy", "HTTPS://My.Utility.example/login?x=1#y"):
        invitation = make_invitation(company, max_uses=1)
        form = answers(
            provider=provider,
            username=" river\u200bside ",
            password=" pa55 ",
            account_number=" 12 34\u200b",
            security_question=" First  pet\u200b ",
            security_answer=" Rex ",
            sites=[str(site.pk)],
            utility_types=["WATER", "GAS"],
            owner_email=" Owner@Example.com ",
            collection_start_date="2024-02-29",
        )
        for _ in range(2):
            assert client.post(page(invitation, "connect"), form)["Location"] == page(invitation, "done")


def test_changed_replay_of_repair_is_kept_apart(client, broken, to_repair):
    form, path = login(), page(to_repair, "connect")
    assert client.post(path, form).status_code == 302
    content = read(client.post(path, form | {"password": "another"}), 409)
    assert f'href="{page(to_repair, "correct")}"' in content
    assert client.post(path, form)["Location"] == page(to_repair, "done")
    assert (Use.objects.count(), opened(broken)["password"]) == (1, form["password"])


def test_form_names_its_verified_address(client, company):
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)
    links = [links_of(invitation, email)[0] for email in (ANNA, BEN)]
    forms = []
    for link in links:
        accept(client, link)
        content = read(client.get(at(link, "connect")))
        forms.append(answers(username=link.delivery.email) | {"verified": verified(content)})

    content = read(client.post(at(links[0], "connect"), forms[0]))
    assert f"{BEN} was verified in another tab" in content
    assert f'name="username" value="{ANNA}"' in content
    assert not Use.objects.exists()
    assert client.post(at(links[1], "connect"), forms[1]).status_code == 302
    assert client.post(at(links[0], "connect"), forms[0] | {"verified": verified(content)}).status_code == 302
    assert set(Use.objects.values_list("email", flat=True)) == {BEN}


def test_open_form_outlives_the_secret_key(client, company, settings):
    (link,) = links_of(make_invitation(company, allowed_emails=[ANNA], send_email=True), ANNA)
    accept(client, link)
    opened = read(client.get(at(link, "connect")))

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "of-tomorrow-fJ3kq9Zt2vXw8sLmB4nR7yPc", [settings.SECRET_KEY]

    assert client.post(at(link, "connect"), answers() | {"verified": verified(opened)}).status_code == 302


def verified(content):
    return re.search(r'name="verified" value="(\w+)"', content)[1]
