"""Rotation of SECRET_KEY: the fallbacks keep what they signed valid."""

import pytest
from django.conf import settings as configured
from django.http import HttpResponse
from django.test import RequestFactory

from companies.known_clients import is_known_network, known_device, remember_client
from companies.models import StoredAnswer
from config.crypto.keyed_hash import keyed_hash
from invitations.exceptions import WrongCode
from invitations.services.verification.codes import check_code
from tests.companies.api.keyed import post
from tests.factories import make_invitation
from tests.invitations.services.verification.codes import ANNA, ask

pytestmark = pytest.mark.django_db
BEFORE, NOW = configured.SECRET_KEY, "of-today-fJ3kq9Zt2vXw8sLmB4nR7yPc"


def replace_key(settings, *fallbacks):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NOW, list(fallbacks)


def test_code_of_earlier_key_is_valid(settings, company):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    code = ask(invitation)
    digits = code.digits
    replace_key(settings, BEFORE)

    assert check_code(invitation, ANNA, digits, requested=[code.pk])[0].email == ANNA


def test_code_needs_its_key(settings, company):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    code = ask(invitation)
    digits = code.digits
    replace_key(settings)

    with pytest.raises(WrongCode):
        check_code(invitation, ANNA, digits, requested=[code.pk])


def test_cursor_of_earlier_key_is_valid(settings, api, company):
    make_invitation(company)
    last = make_invitation(company)
    first = api.get(f"invitation/company/{company.pk}", {"limit": 1}).json()
    replace_key(settings, BEFORE)

    page = api.get(f"invitation/company/{company.pk}", {"limit": 1, "cursor": first["nextCursor"]}).json()

    assert [each["id"] for each in first["invitations"]] == [str(last.pk)]
    assert len(page["invitations"]) == 1


def test_session_of_earlier_key_is_valid(settings, admin_client):
    replace_key(settings, BEFORE)

    assert admin_client.get("/admin/").status_code == 200


def test_stored_response_outlives_the_key(settings, api):
    first = post(api, "company", {"name": "Bakery"}, key="k")
    replace_key(settings, BEFORE)

    assert post(api, "company", {"name": "Bakery"}, key="k").content == first.content
    assert post(api, "company", {"name": "Brewery"}, key="k").status_code == 422

    replace_key(settings)
    assert post(api, "company", {"name": "Bakery"}, key="k").status_code == 422


def test_erased_idempotency_key_outlives_secret(settings, api):
    post(api, "company", {"name": "Bakery"}, key="k")
    StoredAnswer.objects.update(key=keyed_hash("latchkey.idempotency_key", "k").hex())
    replace_key(settings, BEFORE)

    assert post(api, "company", {"name": "Brewery"}, key="k").status_code == 422


def test_known_client_outlives_the_key(settings, admin_user):
    login = RequestFactory().post("/", REMOTE_ADDR="192.0.2.7")
    login.COOKIES = {
        name: each.value for name, each in remember_client(login, HttpResponse(), admin_user).cookies.items()
    }
    device = known_device(login, admin_user.email)
    replace_key(settings, BEFORE)

    assert device is not None
    assert known_device(login, admin_user.email) == device
    assert is_known_network(login, admin_user.email)
