"""Staff look after partners, their keys, companies, sites and each other."""

import logging

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from companies.admin import ApiKeyAdmin
from companies.models import ApiKey, Company, Scope, Site, User
from companies.services import revoke_api_key
from tests.factories import CompanyFactory, PartnerFactory, SiteFactory, UserFactory, make_api_key


@pytest.fixture
def admin_client(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def staff(db):
    return UserFactory(name="Mary Okafor")


@pytest.fixture
def partner(db):
    return PartnerFactory(name="Northwind")


def may(user, *codenames):
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def words(response):
    return response.content.decode()


# --- API keys


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
    assert ApiKey.objects.matching(value) == key
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
    stale.name = "New"

    ApiKeyAdmin(ApiKey, admin.site).save_model(None, stale, type("Form", (), {"changed_data": ["name"]}), change=True)

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
    make_api_key(partner, name="over", expires_at=timezone.now())
    make_api_key(partner, name="good")

    assert [status for name, status in shown_keys(admin_client)] == ["Active", "Expired", "Revoked"]


@pytest.mark.parametrize(("status", "name"), [("active", "good"), ("expired", "over"), ("revoked", "gone")])
def test_keys_are_found_by_their_state(admin_client, partner, status, name):
    revoke_api_key(make_api_key(partner, name="gone")[0])
    make_api_key(partner, name="over", expires_at=timezone.now())
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
    assert ApiKey.objects.matching(value) == key

    admin_client.post(address, {"confirmed": "yes"})
    assert ApiKey.objects.matching(value) is None
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


# --- companies and sites


def test_a_company_is_made_for_a_partner(admin_client, partner):
    admin_client.post(
        reverse("admin:companies_company_add"), {"partner": partner.pk, "name": "Riverside", "locale": "en"}
    )

    company = Company.objects.get()
    assert (company.partner, company.name, company.external_id, company.reply_to) == (partner, "Riverside", None, None)
    assert LogEntry.objects.get().object_id == str(company.pk)


def test_a_company_is_changed_but_stays_its_partners(admin_client, company):
    partner = company.partner
    address = reverse("admin:companies_company_change", args=[company.pk])

    admin_client.post(address, {"partner": PartnerFactory().pk, "name": "Renamed", "locale": "en", "external_id": "7"})

    company.refresh_from_db()
    assert (company.partner, company.name, company.external_id) == (partner, "Renamed", "7")


def test_a_company_needs_a_name(admin_client, partner):
    response = admin_client.post(reverse("admin:companies_company_add"), {"partner": partner.pk, "locale": "en"})

    assert response.context["adminform"].form.errors["name"] == ["This field is required."]
    assert not Company.objects.exists()


def test_the_page_of_a_company_does_not_load_its_sites(admin_client, company):
    Site.objects.bulk_create(Site(company=company, name=f"Site {n}") for n in range(1000))

    with CaptureQueriesContext(connection) as queries:
        shown = words(admin_client.get(reverse("admin:companies_company_change", args=[company.pk])))

    assert "Site 1" not in shown
    assert not [query for query in queries if "companies_site" in query["sql"]]


def test_a_site_is_made_and_changed(admin_client, company):
    admin_client.post(reverse("admin:companies_site_add"), {"company": company.pk, "name": "Plant"})
    site = Site.objects.get()
    admin_client.post(
        reverse("admin:companies_site_change", args=[site.pk]), {"name": "Plant 2", "address": "1 Mill Lane"}
    )

    site.refresh_from_db()
    assert (site.company, site.name, site.address) == (company, "Plant 2", "1 Mill Lane")


@pytest.mark.parametrize("term", ["riverside", "crm-1", "{pk}"])
def test_a_company_is_found(admin_client, partner, term):
    CompanyFactory()
    company = CompanyFactory(name="Riverside Bakeries", external_id="crm-1", partner=partner)

    found = admin_client.get(reverse("admin:companies_company_changelist"), {"q": term.format(pk=company.pk)})

    assert list(found.context["cl"].result_list) == [company]


@pytest.mark.parametrize("term", ["plant", "riverside", "{pk}"])
def test_a_site_is_found(admin_client, term):
    SiteFactory(name="Shop")
    site = SiteFactory(name="Plant", company__name="Riverside")

    found = admin_client.get(reverse("admin:companies_site_changelist"), {"q": term.format(pk=site.pk)})

    assert list(found.context["cl"].result_list) == [site]


def test_sites_are_narrowed_to_a_company(admin_client):
    site, _ = SiteFactory(), SiteFactory()

    found = admin_client.get(reverse("admin:companies_site_changelist"), {"company": site.company_id})

    assert list(found.context["cl"].result_list) == [site]
    assert site.company.name in words(found)


def test_a_company_that_is_no_id_narrows_nothing(admin_client, company):
    assert admin_client.get(reverse("admin:companies_site_changelist"), {"company": "nonsense"}).status_code == 302


@pytest.mark.parametrize("name", ["company", "site", "apikey", "partner", "user"])
def test_a_list_asks_as_little_of_many_rows_as_of_few(admin_client, partner, name):
    def grow(number):
        companies = Company.objects.bulk_create(Company(partner=partner, name=f"C{n}") for n in range(number))
        Site.objects.bulk_create(Site(company=company, name="S") for company in companies)
        ApiKey.objects.bulk_create(
            ApiKey(partner=partner, name="K", prefix="lk_x", secret_hash=company.pk.bytes) for company in companies
        )
        type(partner).objects.bulk_create(type(partner)(name=f"P{n}") for n in range(number))
        User.objects.bulk_create(User(email=f"{company.pk}@example.com") for company in companies)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(reverse(f"admin:companies_{name}_changelist")).status_code == 200
        return len(captured)

    grow(10)
    few = queries()
    grow(990)
    assert queries() == few <= 5


# --- members of staff


def test_a_member_of_staff_is_made_with_a_password_and_logs_in(admin_client, client):
    admin_client.post(
        reverse("admin:companies_user_add"),
        {"email": "New@Example.com", "name": "New", "password1": "a long word here", "password2": "a long word here"},
    )

    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, user.is_superuser) == (True, False)
    client.logout()
    login = {"username": "new@example.com", "password": "a long word here"}
    assert client.post(reverse("admin:login"), login).status_code == 302


def test_an_address_is_taken_in_any_case(admin_client):
    UserFactory(email="taken@example.com")

    response = admin_client.post(
        reverse("admin:companies_user_add"),
        {"email": "TAKEN@example.com", "password1": "a long word here", "password2": "a long word here"},
    )

    assert "email" in response.context["adminform"].form.errors


def test_a_weak_password_is_refused(admin_client):
    response = admin_client.post(
        reverse("admin:companies_user_add"), {"email": "new@example.com", "password1": "short", "password2": "short"}
    )

    assert "password2" in response.context["adminform"].form.errors
    assert not User.objects.filter(email="new@example.com").exists()


def test_a_password_is_changed_for_another(admin_client):
    user = UserFactory()
    address = reverse("admin:auth_user_password_change", args=[user.pk])
    new = {"password1": "another long word", "password2": "another long word", "set-password": "x"}

    assert admin_client.post(address, new).status_code == 302

    user.refresh_from_db()
    assert user.check_password("another long word")


def test_an_empty_password_is_refused(admin_client):
    user = UserFactory()
    address = reverse("admin:auth_user_password_change", args=[user.pk])

    assert admin_client.post(address, {"set-password": "x"}).status_code == 200
    assert admin_client.post(address, {"usable_password": "false", "unset-password": "x"}).status_code == 200

    user.refresh_from_db()
    assert user.has_usable_password()


def test_no_page_shows_anything_of_a_password(admin_client, staff):
    shown = words(admin_client.get(reverse("admin:companies_user_change", args=[staff.pk])))

    assert "pbkdf2" not in shown
    assert staff.password not in shown


def test_switching_a_member_of_staff_off_ends_their_login(admin_client, client):
    user = UserFactory()
    admin_client.post(
        reverse("admin:companies_user_change", args=[user.pk]),
        {"email": user.email, "name": user.name, "is_staff": "on"},
    )

    client.force_login(user)
    assert client.get(reverse("admin:index")).status_code == 302


def test_only_superusers_change_members_of_staff(client, staff):
    every = ["add_user", "change_user", "view_user"]
    client.force_login(may(UserFactory(is_superuser=False), *every))

    assert client.get(reverse("admin:companies_user_changelist")).status_code == 200
    assert client.get(reverse("admin:companies_user_add")).status_code == 403
    assert (
        client.post(reverse("admin:companies_user_change", args=[staff.pk]), {"is_superuser": "on"}).status_code == 403
    )
    assert client.get(reverse("admin:auth_user_password_change", args=[staff.pk])).status_code == 403
