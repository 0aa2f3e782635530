"""While SECRET_KEY is replaced, what the key before it made still holds."""

import pytest
from django.conf import settings as configured

from invitations.exceptions import WrongCode
from invitations.services.verification.codes import check_code
from tests.factories import make_invitation
from tests.invitations.test_codes import ANNA, ask

pytestmark = pytest.mark.django_db
BEFORE, NOW = configured.SECRET_KEY, "of-today-fJ3kq9Zt2vXw8sLmB4nR7yPc"


def replace_key(settings, *fallbacks):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NOW, list(fallbacks)


def test_a_code_that_was_mailed_before_is_taken(settings, company):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    digits = ask(invitation).digits
    replace_key(settings, BEFORE)

    assert check_code(invitation, ANNA, digits, client="somebody")[0].email == ANNA


def test_without_the_key_before_it_is_no_code(settings, company):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    digits = ask(invitation).digits
    replace_key(settings)

    with pytest.raises(WrongCode):
        check_code(invitation, ANNA, digits, client="somebody")


def test_a_page_of_a_list_goes_on(settings, api, company):
    make_invitation(company)
    last = make_invitation(company)
    first = api.get(f"invitation/company/{company.pk}", {"limit": 1}).json()
    replace_key(settings, BEFORE)

    page = api.get(f"invitation/company/{company.pk}", {"limit": 1, "cursor": first["nextCursor"]}).json()

    assert [each["id"] for each in first["invitations"]] == [str(last.pk)]
    assert len(page["invitations"]) == 1


def test_staff_stay_logged_in(settings, admin_client):
    replace_key(settings, BEFORE)

    assert admin_client.get("/admin/").status_code == 200
