"""A member of staff's own second factor: set up, renewed, turned off, and reset by others."""

import re

from django.contrib.admin.models import LogEntry
from django.urls import reverse

from companies.models import Authenticator, User
from tests.companies.admin.pages import words
from tests.companies.admin.second_factor_pages import PASSWORD, address, give, log_in, set_up_on_pages
from tests.companies.second_factors import code_of, set_up
from tests.factories import UserFactory


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


def test_no_page_shows_a_key_of_an_app(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    for page in (address("second_factor"), reverse("admin:companies_user_change", args=[mary.pk])):
        assert "sealed" not in words(client.get(page))
        assert "otpauth" not in words(client.get(page))


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
