import pytest

from invitations.models.tokens import new_token
from tests.invitations.answers import page

pytestmark = pytest.mark.django_db


def test_copied_punctuation_is_removed(client, invitation):
    for rest in (".", ",", ")", "/", "%20", "%0A", ").", "!", "%E2%80%9D", ".%20", "%3E", "//"):
        for method in (client.get, client.head):
            response = method(page(invitation) + rest)
            assert (rest, response.status_code, response["Location"]) == (rest, 302, page(invitation))
            assert response["Cache-Control"] == "no-store"
            assert response["Referrer-Policy"] == "no-referrer"
            assert response["X-Robots-Tag"] == "noindex"
        assert client.post(page(invitation) + rest).status_code == 405
    assert not invitation.events.filter(type="VIEWED").exists()


def test_redirect_hides_whether_token_exists(client, db):
    guess = new_token()
    assert client.get(f"/p/i/{guess}.")["Location"] == f"/p/i/{guess}"


def test_other_suffixes_are_not_found(client, invitation):
    suffixes = ("x", "%00", "-", "=", "/x", ".x", "./connect", "%2E%2E/%2E%2E/x", "%F0%9F%94%91")
    got = {rest: client.get(page(invitation) + rest).status_code for rest in suffixes}
    assert got == dict.fromkeys(suffixes, 404)
