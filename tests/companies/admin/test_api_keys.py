"""API keys: made, shown once, renamed, revoked."""

import logging
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from companies.admin import ApiKeyAdmin
from companies.models import ApiKey, Scope, find_api_key
from companies.services.partners import rename_api_key, revoke_api_key
from tests.companies.admin.pages import may, words
from tests.factories import PartnerFactory, UserFactory, let_expire, make_api_key


def make_key(client, partner, **fields):
    data = {"partner": partner.pk, "name": "Billing", "scopes": [Scope.INVITATIONS_READ, Scope.COMPANIES_READ]}
    return client.post(reverse("admin:companies_apikey_add"), data | fields)


def test_a_new_key_is_shown_once_and_works(admin_client, client, partner, staff, caplog):
    caplog.set_level(logging.DEBUG)

    response = make_key(admin_client, partner)

    key = ApiKey.objects.get()
    value = response.context["value"]
    assert response.status_code == 200
    assert words(response).count(value) == 1
    assert "no-store" in response["Cache-Control"]
    assert find_api_key(value) == key
    assert (key.partner, key.name, key.created_by) == (partner, "Billing", staff)
    assert set(key.scopes) == {Scope.INVITATIONS_READ, Scope.COMPANIES_READ}
    assert list(get_messages(response.wsgi_request)) == []
    assert value not in str([session.get_decoded() for session in Session.objects.all()])
    assert value not in str(response.cookies)
    assert value not in caplog.text
    assert value not in str(list(LogEntry.objects.values()))
    for page in ("change", "history"):
        assert value not in words(admin_client.get(reverse(f"admin:companies_apikey_{page}", args=[key.pk])))


def test_making_a_key_is_logged(admin_client, partner, staff):
    make_key(admin_client, partner)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.is_addition(), entry.object_id) == (staff, True, str(ApiKey.objects.get().pk))


def test_a_key_that_would_be_over_at_once_is_not_made(admin_client, partner):
    past = timezone.now() - timedelta(minutes=1)

    response = make_key(admin_client, partner, expires_at_0=past.date(), expires_at_1=past.strftime("%H:%M:%S"))

    assert response.context["adminform"].form.errors["expires_at"] == ["This time is in the past. Choose a later one."]
    assert not ApiKey.objects.exists()


def test_a_key_needs_a_name(admin_client, partner):
    key, _ = make_api_key(partner, name="Old")

    response = admin_client.post(reverse("admin:companies_apikey_change", args=[key.pk]), {"name": " "})

    assert response.context["adminform"].form.errors["name"] == ["This field is required."]
    assert ApiKey.objects.get().name == "Old"


def test_a_scope_that_does_not_exist_makes_no_key(admin_client, partner):
    response = make_key(admin_client, partner, scopes=["all"])

    assert "scopes" in response.context["adminform"].form.errors
    assert not ApiKey.objects.exists()


def test_nothing_of_a_key_can_be_changed_but_its_name(admin_client, partner):
    key, _ = make_api_key(partner, name="Old", scopes=[Scope.COMPANIES_READ])
    before = ApiKey.objects.values().get()

    admin_client.post(
        reverse("admin:companies_apikey_change", args=[key.pk]),
        {"name": "New", "scopes": list(Scope.values), "partner": PartnerFactory().pk, "prefix": "lk_other"},
    )

    assert ApiKey.objects.values().get() == before | {"name": "New"}


def test_renaming_a_key_does_not_bring_it_back(partner):
    key, _ = make_api_key(partner, name="Old")
    stale = ApiKey.objects.get(pk=key.pk)
    revoke_api_key(key)

    rename_api_key(stale, name="New")

    key.refresh_from_db()
    assert (key.name, key.revoked_at is None) == ("New", False)


@pytest.mark.parametrize("page", ["changelist", "change"])
def test_no_page_shows_a_hash(admin_client, partner, page):
    key, value = make_api_key(partner)
    args = [key.pk] if page == "change" else []

    shown = words(admin_client.get(reverse(f"admin:companies_apikey_{page}", args=args)))

    assert key.prefix in shown
    assert value not in shown
    assert bytes(key.secret_hash).hex() not in shown
    assert "secret_hash" not in shown


def test_the_state_of_a_key_is_a_word(admin_client, partner):
    revoke_api_key(make_api_key(partner, name="gone")[0])
    make_api_key(partner, name="over")
    let_expire(name="over")
    make_api_key(partner, name="good")

    assert [status for name, status in shown_keys(admin_client)] == ["Active", "Expired", "Revoked"]


@pytest.mark.parametrize(("status", "name"), [("active", "good"), ("expired", "over"), ("revoked", "gone")])
def test_keys_are_found_by_their_state(admin_client, partner, status, name):
    revoke_api_key(make_api_key(partner, name="gone")[0])
    make_api_key(partner, name="over")
    let_expire(name="over")
    make_api_key(partner, name="good")

    assert shown_keys(admin_client, status=status) == [(name, status.capitalize())]


def shown_keys(client, **query):
    rows = client.get(reverse("admin:companies_apikey_changelist"), query).context["cl"].result_list
    status = ApiKeyAdmin(ApiKey, admin.site).status
    return [(key.name, status(key).split(">")[1].split("<")[0]) for key in rows]


def test_revoking_a_key_asks_first_and_then_holds(admin_client, partner, staff):
    key, value = make_api_key(partner)
    address = reverse("admin:companies_apikey_revoke", args=[key.pk])

    assert "cannot be undone" in words(admin_client.get(address))
    assert find_api_key(value) == key

    admin_client.post(address, {"confirmed": "yes"})
    assert find_api_key(value) is None
    assert LogEntry.objects.get().get_change_message() == "Revoked."


def test_several_keys_are_revoked_from_the_list(admin_client, partner):
    keys = [make_api_key(partner)[0] for _ in range(3)]
    chosen = {"action": "revoke_selected", "_selected_action": [key.pk for key in keys[:2]]}

    asked = admin_client.post(reverse("admin:companies_apikey_changelist"), chosen)
    assert "Revoke 2 API keys?" in words(asked)
    assert not ApiKey.objects.filter(revoked_at__isnull=False).exists()

    admin_client.post(reverse("admin:companies_apikey_changelist"), chosen | {"confirmed": "yes"})
    assert set(ApiKey.objects.filter(revoked_at__isnull=False)) == set(keys[:2])


def test_whoever_may_only_look_can_neither_make_nor_revoke(client, partner):
    key, _ = make_api_key(partner)
    client.force_login(may(UserFactory(is_superuser=False), "view_apikey"))

    assert client.get(reverse("admin:companies_apikey_change", args=[key.pk])).status_code == 200
    assert "revokelink" not in words(client.get(reverse("admin:companies_apikey_change", args=[key.pk])))
    assert make_key(client, partner).status_code == 403
    assert client.post(reverse("admin:companies_apikey_revoke", args=[key.pk])).status_code == 403
    client.post(
        reverse("admin:companies_apikey_changelist"),
        {"action": "revoke_selected", "_selected_action": [key.pk], "confirmed": "yes"},
    )
    key.refresh_from_db()
    assert key.revoked_at is None
