"""Until password and second factor are verified, no admin URL opens."""

import re

import pytest
from django.contrib import admin

from companies.models import Authenticator
from tests.companies.admin.pages import words
from tests.companies.second_factor.pages import PASSWORD, address, log_in
from tests.factories import make_invitation

BEFORE_CODE = {"second_factor", "second_factor_setup", "second_factor_code"}
PUBLIC = {"login", "logout"}


def admin_paths():
    """Path of every pattern of the admin, with a word in place of each parameter."""

    def walk(patterns, before):
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            elif pattern.name not in BEFORE_CODE | PUBLIC:
                plain = re.sub(r"<[^>]*>|\(\?P<\w+>[^)]*\)", "companies", route)
                yield "/admin/" + plain.strip("^$").replace("/$", "/")

    return sorted(set(walk(admin.site.urls[0], "")))


def test_admin_paths_are_found():
    assert len(admin_paths()) > 60
    assert {"/admin/autocomplete/", "/admin/second-factor/off/"} <= set(admin_paths())


@pytest.mark.parametrize("policy", ["optional", "required"])
def test_unverified_session_opens_no_page(client, mary, request, settings, policy):
    settings.STAFF_SECOND_FACTOR = policy
    if policy == "optional":  # required: not set up yet
        request.getfixturevalue("factor")
    log_in(client, mary)

    for path in admin_paths():
        for method in (client.get, client.post):
            answer = method(path)
            assert (answer.status_code, answer.headers.get("Location", "")[:13]) == (302, "/admin/login/"), path


def test_unverified_session_cannot_replace_factor(client, mary, factor):
    log_in(client, mary)
    for name in ("second_factor", "second_factor_setup", "second_factor_recovery", "second_factor_off"):
        for method in (client.get, client.post):
            assert method(address(name), {"password": PASSWORD, "code": "123456"}).status_code == 302, name

    assert list(Authenticator.objects.all()) == [factor]


def test_code_pages_need_password_first(client, mary, factor):
    for name in BEFORE_CODE:
        assert client.get(address(name)).url.startswith(address("login"))


def test_code_page_hides_admin_navigation(client, mary, factor):
    make_invitation()
    shown = words(log_in(client, mary))

    assert "nav-sidebar" not in shown
    assert "/admin/invitations/" not in shown
    assert 'action="/admin/logout/"' in shown


def test_unverified_session_can_log_out(client, mary, factor):
    log_in(client, mary)
    client.post(address("logout"))

    assert client.get(address("second_factor_code")).url.startswith(address("login"))


def test_login_without_factor_needs_password_only(client, mary):
    assert log_in(client, mary).redirect_chain[-1][0] == address("index")
