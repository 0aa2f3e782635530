"""The second factor on the pages: between password and code nothing is open, whatever its address."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from companies.models import Authenticator, User
from tests.companies.admin.pages import words
from tests.companies.second_factors import code_of, set_up, wrong_code
from tests.factories import UserFactory, make_invitation

PASSWORD = "correct horse battery"
PAGES = {"second_factor", "second_factor_setup", "second_factor_code"}
OUTSIDE = {"login", "logout"}


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def address(name):
    return reverse(f"admin:{name}")


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


@pytest.fixture
def mary(db):
    return UserFactory(email="mary@example.com", password=PASSWORD)


@pytest.fixture
def factor(mary):
    return set_up(mary)[0]


def log_in(client, user):
    return client.post(address("login"), {"username": user.email, "password": PASSWORD}, follow=True)


def give(client, code, **query):
    return client.post(reverse("admin:second_factor_code", query=query), {"code": code})


def set_up_on_pages(client):
    assert client.post(address("second_factor"), {"password": PASSWORD}).status_code == 302
    begun = Authenticator.objects.latest("created_at")
    assert '<code class="key">' in words(client.get(address("second_factor_setup")))
    return client.post(address("second_factor_setup"), {"code": code_of(begun, -1)}), begun


def test_without_one_the_password_is_enough(client, mary):
    assert log_in(client, mary).redirect_chain[-1][0] == address("index")


def test_it_is_set_up_and_then_asked_for(client, mary):
    log_in(client, mary)
    answer, begun = set_up_on_pages(client)
    codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", words(answer))
    assert len(codes) == 10
    assert client.get(address("index")).status_code == 200
    client.post(address("logout"))

    assert log_in(client, mary).redirect_chain[-1][0].startswith(address("second_factor_code"))
    assert client.get(address("index")).status_code == 302
    assert give(client, code_of(begun)).url == address("index")
    assert client.get(address("index")).status_code == 200
    client.post(address("logout"))
    log_in(client, mary)
    assert give(client, codes[0]).url == address("index")


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
    assert "Wait 1 minute, then try again." in words(answer) or "Wait 2 minutes" in words(answer)


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


def test_setting_up_takes_the_password_and_counts_wrong_ones(client, mary):
    log_in(client, mary)
    answers = [client.post(address("second_factor"), {"password": "wrong"}) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert "This is not your password." in words(answers[0])
    assert client.post(address("second_factor"), {"password": PASSWORD}).status_code == 429
    assert not Authenticator.objects.exists()


def test_looking_begins_nothing(client, mary):
    log_in(client, mary)
    for name in ("second_factor", "second_factor_setup", "second_factor_recovery", "second_factor_off"):
        client.get(address(name))

    assert not Authenticator.objects.exists()


def test_where_everybody_needs_one_it_is_set_up_first_and_not_turned_off(client, mary, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    landed = log_in(client, mary)
    assert "Everybody who works here needs a second factor." in words(landed)
    _, begun = set_up_on_pages(client)
    assert client.get(address("index")).status_code == 200

    assert "Turn off" not in words(client.get(address("second_factor")))
    answer = client.post(address("second_factor_off"), {"code": code_of(begun)})
    assert "it cannot be turned off" in words(answer)
    assert User.objects.get(pk=mary.pk).authenticator == begun


def test_it_is_turned_off_with_a_code(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    assert client.post(address("second_factor_off"), {"code": code_of(factor, 1)}).status_code == 302

    assert User.objects.get(pk=mary.pk).authenticator is None
    assert client.get(address("index")).status_code == 200


def test_new_recovery_codes_are_shown_once(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    answer = client.post(address("second_factor_recovery"), {"code": code_of(factor, 1)})
    codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", words(answer))

    assert len(codes) == 10
    assert answer["Cache-Control"].count("no-store") == 1
    assert not any(
        code in words(client.get(address(name)))
        for code in codes
        for name in ("second_factor", "second_factor_recovery")
    )
    assert not any(code in str(dict(client.session)) for code in codes)


def test_an_administrator_resets_the_factor_of_a_viewer(client, groups):
    administrator, viewer = UserFactory(is_superuser=False), UserFactory(is_superuser=False)
    administrator.groups.add(groups["Administrator"])
    viewer.groups.add(groups["Viewer"])
    set_up(viewer)
    client.force_login(administrator)
    reset = reverse("admin:companies_user_reset", args=[viewer.pk])
    assert reset in words(client.get(reverse("admin:companies_user_change", args=[viewer.pk])))
    assert client.get(reset).status_code == 200
    assert Authenticator.objects.exists()  # looking changed nothing

    client.post(reset)

    assert not Authenticator.objects.exists()
    entry = LogEntry.objects.filter(object_id=str(viewer.pk)).latest("pk")
    assert (entry.user, entry.change_message) == (administrator, "Second factor reset.")


def test_no_administrator_resets_the_factor_of_somebody_mightier(client, groups, mary, factor):
    administrator = UserFactory(is_superuser=False)
    administrator.groups.add(groups["Administrator"])
    client.force_login(administrator)

    assert client.post(reverse("admin:companies_user_reset", args=[mary.pk])).status_code == 403
    assert Authenticator.objects.exists()


def test_nobody_resets_their_own(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    client.post(reverse("admin:companies_user_reset", args=[mary.pk]))

    assert User.objects.get(pk=mary.pk).authenticator == factor


def test_no_page_shows_a_key_of_an_app(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    for page in (address("second_factor"), reverse("admin:companies_user_change", args=[mary.pk])):
        assert "sealed" not in words(client.get(page))
        assert "otpauth" not in words(client.get(page))


def test_no_page_of_the_second_factor_has_inline_script_or_style(client, mary):
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)
    log_in(client, mary)
    client.post(address("second_factor"), {"password": PASSWORD})
    pages = [client.get(address(name)) for name in ("second_factor", "second_factor_setup")]
    assert "<svg" in words(pages[1])
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
