"""Rotation of SECRET_KEY: the fallbacks keep what they signed valid."""

import pytest
from django.conf import settings as configured

from invitations.exceptions import WrongCode
from invitations.services.verification.codes import check_code
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
