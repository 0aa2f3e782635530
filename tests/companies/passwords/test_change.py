"""A member of staff changes their own password."""

import logging

import pytest

from companies.login_throttle import PAIR_LIMIT
from companies.models import User
from tests.companies.admin.pages import words
from tests.companies.second_factor.pages import PASSWORD, address, log_in

NEW = "another horse battery"


@pytest.fixture
def inside(client, mary):
    log_in(client, mary)
    return client


def change(client, old, new=NEW):
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(address("password_change"), fields)


def test_wrong_old_passwords_lock_the_login(inside, mary, caplog):
    caplog.set_level(logging.INFO, "latchkey.staff")
    answers = [change(inside, f"wrong {number}") for number in range(PAIR_LIMIT)]

    assert [answer.status_code for answer in answers] == [200] * (PAIR_LIMIT - 1) + [429]
    assert "This is not your old password." in words(answers[0])
    assert change(inside, PASSWORD).status_code == 429
    assert inside.post(address("login"), {"username": mary.email, "password": PASSWORD}).status_code == 429
    assert User.objects.get(pk=mary.pk).check_password(PASSWORD)
    assert "password change refused" in caplog.text


def test_right_old_password_changes_it(inside, mary):
    answer = change(inside, PASSWORD)

    assert (answer.status_code, answer.url) == (302, address("password_change_done"))
    assert User.objects.get(pk=mary.pk).check_password(NEW)
    assert inside.get(address("index")).status_code == 200


def test_posted_username_is_not_counted(inside, mary):
    """The account is the session's."""
    fields = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    tries = [
        inside.post(address("password_change"), fields | {"username": f"somebody{number}@example.com"}).status_code
        for number in range(PAIR_LIMIT)
    ]

    assert tries == [200] * (PAIR_LIMIT - 1) + [429]
