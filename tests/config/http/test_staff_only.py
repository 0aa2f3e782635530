"""Sessions exist for staff only."""

from django.test import Client

from tests.factories import make_invitation
from tests.invitations.answers import page


def test_api_and_contributor_pages_have_no_session(db):
    client = Client()
    paths = ["/v2/ping", page(make_invitation()), "/admin/login/"]

    sessions = [hasattr(client.get(path).wsgi_request, "session") for path in paths]

    assert sessions == [False, False, True]
