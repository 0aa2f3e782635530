"""A link that was copied with what stood behind it leads to its page nevertheless."""

import pytest

from invitations.models.tokens import new_token
from tests.factories import make_invitation
from tests.invitations.answers import page


@pytest.fixture
def invitation(company):
    return make_invitation(company)


@pytest.mark.parametrize("rest", [".", ",", ")", "/", "%20", "%0A", ").", "!", "%E2%80%9D", ".%20", "%3E", "//"])
def test_what_was_copied_with_a_link_is_left_behind(client, invitation, rest):
    for method in (client.get, client.head):
        answer = method(page(invitation) + rest)
        assert (answer.status_code, answer["Location"]) == (302, page(invitation))
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
    assert client.post(page(invitation) + rest).status_code == 405
    assert not invitation.events.filter(type="VIEWED").exists()


def test_the_way_to_the_link_alone_says_nothing_of_whether_it_leads_anywhere(client, db):
    guess = new_token()
    assert client.get(f"/p/i/{guess}.")["Location"] == f"/p/i/{guess}"


@pytest.mark.parametrize("rest", ["x", "%00", "-", "=", "/x", ".x", "./connect", "%2E%2E/%2E%2E/x", "%F0%9F%94%91"])
def test_anything_else_behind_a_link_is_no_link(client, invitation, rest):
    assert client.get(page(invitation) + rest).status_code == 404
