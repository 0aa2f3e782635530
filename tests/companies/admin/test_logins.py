import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from companies.login_throttle import is_locked
from companies.models import Authenticator
from tests.companies.admin.pages import words
from tests.companies.authenticators import code_of, set_up
from tests.companies.login_attempts import guess
from tests.companies.second_factor.pages import PASSWORD, give, log_in
from tests.factories import UserFactory


@pytest.fixture
def administrator(client, groups):
    user = UserFactory(is_superuser=False)
    user.groups.add(groups["Administrator"])
    client.force_login(user)
    return user


@pytest.fixture
def viewer(groups, quick_passwords):
    user = UserFactory(is_superuser=False, password=PASSWORD)
    user.groups.add(groups["Viewer"])
    return user


def url(name, user):
    return reverse(f"admin:companies_user_{name}", args=[user.pk])


def test_administrator_unlocks_login(client, administrator, viewer):
    assert "Locked" not in words(client.get(url("change", viewer)))
    guess(viewer.email, 5)
    assert url("unlock", viewer) in words(client.get(url("change", viewer)))
    assert client.get(url("unlock", viewer)).status_code == 200
    assert is_locked(viewer.email)

    assert "The login is unlocked." in words(client.post(url("unlock", viewer), follow=True))

    assert not is_locked(viewer.email)
    entry = LogEntry.objects.get(object_id=str(viewer.pk))
    assert (entry.user, entry.change_message) == (administrator, "Login unlocked.")


def test_administrator_resets_second_factor(client, administrator, viewer):
    set_up(viewer)
    assert url("reset", viewer) in words(client.get(url("change", viewer)))
    assert client.get(url("reset", viewer)).status_code == 200
    assert Authenticator.objects.exists()

    answer = client.post(url("reset", viewer))

    assert not Authenticator.objects.exists()
    assert words(answer).count(answer.context["url"]) == 1
    assert "no-store" in answer["Cache-Control"]
    entries = LogEntry.objects.filter(object_id=str(viewer.pk)).order_by("pk")
    assert [(entry.user, entry.change_message) for entry in entries][-2:] == [
        (administrator, "Second factor reset."),
        (administrator, "Link for a new password created."),
    ]


def test_lost_link_is_replaced(client, administrator, viewer):
    assert url("password_link", viewer) not in words(client.get(url("change", viewer)))
    assert "You may not change" in words(client.post(url("password_link", viewer), follow=True))
    set_up(viewer)
    client.post(url("reset", viewer))

    assert url("password_link", viewer) in words(client.get(url("change", viewer)))
    assert client.get(url("password_link", viewer)).status_code == 200
    assert "/admin/choose-password/" in words(client.post(url("password_link", viewer)))


def test_recovery_of_superior_is_forbidden(client, groups, mary, factor):
    guess(mary.email, 5)
    for group in ("Viewer", "Inviter", "Administrator"):
        user = UserFactory(is_superuser=False)
        user.groups.add(groups[group])
        client.force_login(user)
        assert {client.post(url(name, mary)).status_code for name in ("unlock", "reset", "password_link")} == {403}, (
            group
        )

    assert is_locked(mary.email)
    assert Authenticator.objects.exists()


def test_reset_of_own_factor_is_refused(client, mary, factor):
    log_in(client, mary)
    give(client, code_of(factor))
    client.post(url("reset", mary))

    assert list(Authenticator.objects.all()) == [factor]
