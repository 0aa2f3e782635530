"""The second factor on the pages: between password and code nothing is open, whatever its address."""

import re

import pytest
from django.contrib import admin
from django.test import Client

from companies.models import Authenticator
from tests.companies.admin.pages import words
from tests.companies.admin.second_factor_pages import PASSWORD, address, give, log_in, set_up_on_pages
from tests.companies.second_factors import code_of, wrong_code
from tests.factories import make_invitation

PAGES = {"second_factor", "second_factor_setup", "second_factor_code"}
OUTSIDE = {"login", "logout"}


def every_admin_address():
    """Of every pattern of the admin, with something in the place of each part that varies."""

    def walk(patterns, before):
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            elif pattern.name not in PAGES | OUTSIDE:
                plain = re.sub(r"<[^>]*>|\(\?P<\w+>[^)]*\)", "companies", route)
                yield "/admin/" + plain.strip("^$").replace("/$", "/")

    return sorted(set(walk(admin.site.urls[0], "")))


def test_without_one_the_password_is_enough(client, mary):
    assert log_in(client, mary).redirect_chain[-1][0] == address("index")


def test_the_admin_has_many_addresses():
    found = every_admin_address()

    assert len(found) > 60
    assert "/admin/autocomplete/" in found
    assert "/admin/second-factor/off/" in found


def expect_nothing_open(client):
    for path in every_admin_address():
        for method in (client.get, client.post):
            answer = method(path)
            assert (answer.status_code, answer.headers.get("Location", "")[:13]) == (302, "/admin/login/"), path


def test_between_password_and_code_nothing_is_open(client, mary, factor):
    log_in(client, mary)

    expect_nothing_open(client)


def test_where_everybody_needs_one_nothing_is_open_before_it_is_set_up(client, mary, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    log_in(client, mary)

    expect_nothing_open(client)


@pytest.mark.parametrize(
    "name", ["second_factor", "second_factor_setup", "second_factor_recovery", "second_factor_off"]
)
def test_nobody_sets_up_another_app_in_place_of_the_code(client, mary, factor, name):
    log_in(client, mary)
    for method in (client.get, client.post):
        assert method(address(name), {"password": PASSWORD, "code": "123456"}).status_code == 302

    assert list(Authenticator.objects.all()) == [factor]


def test_a_stranger_is_asked_to_log_in_first(client, mary, factor):
    for name in PAGES:
        assert client.get(address(name)).url.startswith(address("login"))


def test_the_page_on_the_way_in_shows_nothing_of_the_admin(client, mary, factor):
    make_invitation()
    shown = words(log_in(client, mary))

    assert "nav-sidebar" not in shown
    assert "/admin/invitations/" not in shown
    assert 'action="/admin/logout/"' in shown


def test_whoever_is_half_way_in_may_leave(client, mary, factor):
    log_in(client, mary)
    client.post(address("logout"))

    assert client.get(address("second_factor_code")).url.startswith(address("login"))


def test_one_gets_where_one_wanted_to_go(client, mary, factor):
    wanted = address("companies_company_changelist") + "?q=a%26b"
    page = client.get(wanted, follow=True)
    landed = client.post(
        page.request["PATH_INFO"], {"username": mary.email, "password": PASSWORD, "next": wanted}, follow=True
    )
    code_page = landed.redirect_chain[-1][0]
    assert code_page.startswith(address("second_factor_code"))

    assert client.post(code_page, {"code": code_of(factor)}).url == wanted


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_one_is_sent_to_no_other_site(client, mary, factor, wanted):
    log_in(client, mary)

    assert give(client, code_of(factor), next=wanted).url == address("index")


def test_a_wrong_code_is_told_and_too_many_wait(client, mary, factor):
    log_in(client, mary)
    for _ in range(5):
        answer = give(client, wrong_code(factor))
        assert (answer.status_code, "This code is not right" in words(answer)) == (200, True)
    answer = give(client, code_of(factor))

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 61
    assert re.search("Wait (59 seconds|1 minute|2 minutes), then try again.", words(answer))


def test_the_session_is_a_new_one_after_the_code(client, mary, factor):
    log_in(client, mary)
    before = client.session.session_key
    give(client, code_of(factor))

    assert client.session.session_key != before
    assert Client(headers={"cookie": f"session={before}"}).get(address("index")).status_code == 302


def test_a_session_that_began_before_needs_the_code_too(client, mary):
    other = Client()
    log_in(client, mary)
    log_in(other, mary)
    set_up_on_pages(client)

    assert client.get(address("index")).status_code == 200
    assert other.get(address("index")).status_code == 302


def test_another_app_ends_what_other_sessions_had_passed(client, mary, factor):
    other = Client()
    log_in(other, mary)
    give(other, code_of(factor))
    log_in(client, mary)
    give(client, code_of(factor, 1))
    set_up_on_pages(client)

    assert other.get(address("index")).status_code == 302


def test_no_page_of_the_second_factor_has_inline_script_or_style(client, mary):
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)
    log_in(client, mary)
    client.post(address("second_factor"), {"password": PASSWORD})
    pages = [client.get(address(name)) for name in ("second_factor", "second_factor_setup")]
    assert "<svg viewBox=" in words(pages[1])  # grows and shrinks with its place, and is not cut off
    answer, _ = set_up_on_pages(client)
    pages += [
        answer,
        *(client.get(address(name)) for name in ("second_factor", "second_factor_recovery", "second_factor_off")),
    ]
    client.post(address("logout"))
    pages.append(log_in(client, mary))
    pages.append(give(client, "1"))

    for page in pages:
        assert page.status_code == 200
        assert inline.findall(words(page)) == []
