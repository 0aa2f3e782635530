import logging
from datetime import timedelta

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from companies.admin import ApiKeyAdmin
from companies.fresh_code import FRESH_FOR, SESSION_KEY
from companies.models import COLLECTOR_SCOPES, OF_COLLECTORS, ApiKey, Authenticator, Scope, find_api_key, partner_scopes
from companies.services.partners import revoke_api_key
from tests.companies.admin.pages import may, words
from tests.companies.authenticators import code_of, wrong_code
from tests.companies.second_factor.pages import give, log_in
from tests.factories import PartnerFactory, UserFactory, let_expire, make_api_key

COLLECTOR = sorted(COLLECTOR_SCOPES)


def make_key(client, partner, **fields):
    data = {"partner": partner.pk, "name": "Billing", "scopes": [Scope.INVITATIONS_READ, Scope.COMPANIES_READ]}
    return client.post(reverse("admin:companies_apikey_add"), data | fields)


def test_new_key_is_shown_once(admin_client, client, partner, staff, caplog):
    caplog.set_level(logging.DEBUG)

    response = make_key(admin_client, partner)

    key = ApiKey.objects.get()
    value = response.context["value"]
    assert response.status_code == 200
    assert words(response).count(value) == 1
    assert "no-store" in response["Cache-Control"]
    assert find_api_key(value) == key
    assert (key.partner, key.is_live, key.name, key.created_by) == (partner, True, "Billing", staff)
    assert set(key.scopes) == {Scope.INVITATIONS_READ, Scope.COMPANIES_READ}
    assert list(get_messages(response.wsgi_request)) == []
    assert value not in str([session.get_decoded() for session in Session.objects.all()])
    assert value not in str(response.cookies)
    assert value not in caplog.text
    assert value not in str(list(LogEntry.objects.values()))
    for page in ("change", "history"):
        assert value not in words(admin_client.get(reverse(f"admin:companies_apikey_{page}", args=[key.pk])))


def test_test_key_is_created_and_shown(admin_client, partner):
    value = make_key(admin_client, partner, is_live="False", scopes=[Scope.TEST]).context["value"]

    assert value.startswith("lk_test_")
    assert find_api_key(value).world == (partner.pk, False)
    assert "Test" in words(admin_client.get(reverse("admin:companies_apikey_change", args=[ApiKey.objects.get().pk])))


def test_new_key_is_logged(admin_client, partner, staff):
    make_key(admin_client, partner)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.is_addition(), entry.object_id) == (staff, True, str(ApiKey.objects.get().pk))


def test_wrong_key_fields_are_told(admin_client, partner):
    past = timezone.now() - timedelta(minutes=1)
    wrong = {
        "expires_at": {"expires_at_0": past.date(), "expires_at_1": past.strftime("%H:%M:%S")},
        "scopes": {"scopes": [Scope.TEST]},
        "name": {"name": " "},
    }
    for field, fields in wrong.items():
        response = make_key(admin_client, partner, **fields)
        assert list(response.context["adminform"].form.errors) == [field]
    assert not ApiKey.objects.exists()


def test_only_name_of_key_changes(admin_client, partner):
    key, _ = make_api_key(partner, name="Old", scopes=[Scope.COMPANIES_READ])
    before = ApiKey.objects.values().get()

    for _ in range(2):
        response = admin_client.post(
            reverse("admin:companies_apikey_change", args=[key.pk]),
            {"name": "New", "scopes": list(Scope.values), "partner": PartnerFactory().pk, "prefix": "lk_other"},
        )
        assert response.status_code == 302

    assert ApiKey.objects.values().get() == before | {"name": "New"}


def test_pages_show_no_hash(admin_client, partner):
    key, value = make_api_key(partner)
    for page, args in (("changelist", []), ("change", [key.pk])):
        shown = words(admin_client.get(reverse(f"admin:companies_apikey_{page}", args=args)))
        assert key.prefix in shown
        assert [secret for secret in (value, bytes(key.secret_hash).hex(), "secret_hash") if secret in shown] == []


def test_list_shows_and_filters_status(admin_client, partner):
    revoke_api_key(make_api_key(partner, name="gone")[0])
    make_api_key(partner, name="over")
    let_expire(name="over")
    make_api_key(partner, name="good")

    assert shown_keys(admin_client) == [("good", "Active"), ("over", "Expired"), ("gone", "Revoked")]
    for name, status in shown_keys(admin_client):
        assert shown_keys(admin_client, status=status.lower()) == [(name, status)]


def shown_keys(client, **query):
    rows = client.get(reverse("admin:companies_apikey_changelist"), query).context["cl"].result_list
    status = ApiKeyAdmin(ApiKey, admin.site).status
    return [(key.name, status(key).split(">")[1].split("<")[0]) for key in rows]


def test_revocation_is_confirmed_and_logged(admin_client, partner, staff):
    key, value = make_api_key(partner)
    address = reverse("admin:companies_apikey_revoke", args=[key.pk])

    assert "cannot be undone" in words(admin_client.get(address))
    assert find_api_key(value) == key

    admin_client.post(address, {"confirmed": "yes"})
    assert find_api_key(value) is None
    assert LogEntry.objects.get().get_change_message() == "Revoked."


def test_selected_keys_are_revoked(admin_client, partner):
    keys = [make_api_key(partner)[0] for _ in range(3)]
    chosen = {"action": "revoke_selected", "_selected_action": [key.pk for key in keys[:2]]}

    asked = admin_client.post(reverse("admin:companies_apikey_changelist"), chosen)
    assert "Revoke 2 API keys?" in words(asked)
    assert not ApiKey.objects.filter(revoked_at__isnull=False).exists()

    admin_client.post(reverse("admin:companies_apikey_changelist"), chosen | {"confirmed": "yes"})
    assert set(ApiKey.objects.filter(revoked_at__isnull=False)) == set(keys[:2])


def test_viewer_cannot_create_or_revoke(client, partner):
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


def test_administrator_is_offered_no_collector_scope(client, partner, staff_of):
    client.force_login(staff_of("Administrator"))
    form = client.get(reverse("admin:companies_apikey_add")).context["adminform"].form

    assert {value for value, _ in form.fields["scopes"].choices} == set(Scope.values) - OF_COLLECTORS
    assert set(form.fields["scopes"].initial()) == set(partner_scopes())
    assert "code" not in form.fields
    assert list(form_errors(make_key(client, partner, scopes=COLLECTOR, code="123456"))) == ["scopes"]
    assert not ApiKey.objects.exists()


def test_collector_key_asks_for_a_code(client, mary, factor, partner):
    log_in(client, mary)
    give(client, code_of(factor))
    let_session_age(client)

    assert form_errors(make_key(client, partner, scopes=COLLECTOR))["code"]
    assert form_errors(make_key(client, partner, scopes=COLLECTOR, code=wrong_code(factor)))["code"]
    assert Authenticator.objects.get().throttling_failure_count == 1
    assert not ApiKey.objects.exists()

    wrong_name = make_key(client, partner, scopes=COLLECTOR, name=" ", code=code_of(factor, 1))
    assert list(form_errors(wrong_name)) == ["name"]
    assert "code" not in wrong_name.context["adminform"].form.fields  # it holds for five minutes
    assert make_key(client, partner, scopes=COLLECTOR).context["value"]
    assert set(ApiKey.objects.get().scopes) == COLLECTOR_SCOPES


def test_collector_key_needs_a_second_factor(admin_client, partner):
    answer = make_key(admin_client, partner, scopes=COLLECTOR, code="123456")

    assert "Set it up with" in str(form_errors(answer)["code"])


def test_other_keys_need_no_code(client, mary, factor, partner):
    log_in(client, mary)
    give(client, code_of(factor))
    let_session_age(client)

    assert make_key(client, partner).context["value"]


def form_errors(response):
    return response.context["adminform"].form.errors


def let_session_age(client):
    session = client.session
    session[SESSION_KEY] -= FRESH_FOR.total_seconds() + 1
    session.save()
