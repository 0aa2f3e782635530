"""After a reset of the second factor: what the member, and someone who knows the earlier password, can do."""

import logging
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.test import Client

from companies.exceptions import NotYoursToChange, PasswordLinkUsed
from companies.models import Authenticator, User
from companies.services.passwords import choose_password, create_password_link
from companies.services.second_factor import renew_recovery_codes, reset_second_factor
from tests.companies.admin.pages import words
from tests.companies.authenticators import code_of
from tests.companies.second_factor.pages import PASSWORD, address, give, log_in
from tests.factories import UserFactory
from tests.secrecy import KNOWN

NEW = "another horse battery"


@pytest.fixture
def administrator(db):
    return UserFactory()


@pytest.fixture
def link(mary, factor, administrator):
    """Path of the link, after a reset."""
    reset_second_factor(mary, by=administrator)
    return new_link(mary, administrator)


def new_link(user, by):
    arguments = create_password_link(User.objects.get(pk=user.pk), by=by)
    KNOWN.note(arguments["token"])
    return f"/admin/choose-password/{arguments['uidb64']}/{arguments['token']}/"


def choose(client, link, password=NEW):
    page = client.get(link, follow=True)
    return client.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password}, follow=True)


def is_open(client):
    return client.get(address("index")).status_code == 200


@pytest.mark.parametrize("policy", ["optional", "required"])
def test_reset_gives_waiting_attacker_nothing(mary, factor, administrator, settings, policy):
    settings.STAFF_SECOND_FACTOR = policy
    verified, attacker = Client(), Client()
    log_in(verified, mary)
    give(verified, code_of(factor))
    assert is_open(verified)
    log_in(attacker, mary)

    reset_second_factor(mary, by=administrator)

    assert [is_open(client) for client in (verified, attacker)] == [False, False]
    assert attacker.post(address("second_factor"), {"password": PASSWORD}).status_code == 302
    assert attacker.post(address("password_change"), {"old_password": PASSWORD}).status_code in (302, 403)
    assert "do not belong to a member of staff" in words(log_in(attacker, mary))
    assert not Authenticator.objects.exists()


def test_link_leads_to_login_with_new_password(client, mary, link):
    assert "For the login of" in words(client.get(link, follow=True))
    landed = choose(client, link)

    assert landed.redirect_chain[-1][0] == address("login")
    assert "Your new password is saved." in words(landed)
    assert not is_open(client)
    client.post(address("login"), {"username": mary.email, "password": NEW})
    assert is_open(client)


def test_link_works_once(client, mary, link):
    choose(client, link)

    assert "This link was used already" in words(Client().get(link, follow=True))
    with pytest.raises(PasswordLinkUsed):
        choose_password(mary, password="a third horse battery")
    assert User.objects.get(pk=mary.pk).check_password(NEW)


def test_earlier_and_weak_passwords_are_refused(client, mary, link):
    expected = {PASSWORD: "This is your earlier password.", "short": "too short", "mary@example.com": "too similar"}
    for password, error in expected.items():
        assert error in words(choose(client, link, password))
    assert not User.objects.get(pk=mary.pk).has_usable_password()


def test_old_and_forged_links_do_not_work(client, mary, link, monkeypatch):
    forged = link[:-3] + ("aa/" if link[-3:-1] != "aa" else "bb/")
    for path in (forged, "/admin/choose-password/x/x/", "/admin/choose-password/x/set-password/"):
        assert client.post(path, {"new_password1": NEW, "new_password2": NEW}).url == address("login"), path
    late = datetime.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 60)
    monkeypatch.setattr(default_token_generator, "_now", lambda: late)

    assert client.get(link).url == address("login")


def test_link_needs_a_withdrawn_password(mary, administrator):
    with pytest.raises(NotYoursToChange):
        create_password_link(mary, by=administrator)


def test_link_is_for_administrators(mary, link, staff_of):
    for by in (mary, staff_of("Inviter"), staff_of("Administrator")):  # mary is a superuser
        with pytest.raises(NotYoursToChange):
            create_password_link(User.objects.get(pk=mary.pk), by=by)


def test_log_has_no_link(client, link, caplog):
    caplog.set_level(logging.INFO)
    choose(client, link)

    assert "new password passed" in caplog.text


def test_blocked_app_is_told(client, mary, factor):
    codes = renew_recovery_codes(mary, code=code_of(factor))
    KNOWN.note(*codes)
    Authenticator.objects.update(throttling_failure_count=100)
    log_in(client, mary)
    assert "Enter one of your recovery codes" in words(give(client, code_of(factor, 1)))

    landed = client.post(address("second_factor_code"), {"code": codes[0]}, follow=True)

    assert landed.redirect_chain[-1][0] == address("second_factor")
    assert "entered 100 wrong codes. Change your password now" in words(landed)
