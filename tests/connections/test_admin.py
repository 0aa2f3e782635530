"""Staff look after the catalogue, and look at connections without seeing how to log in."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connections.models import Connection, Credential, Datasource
from connections.models.status import Status
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
    make_connection,
    make_invitation,
)

SECRETS = {"username": "a-name-at-the-utility", "password": "a-password-at-the-utility"}


@pytest.fixture
def admin_client(client, db):
    client.force_login(UserFactory())
    return client


def words(response):
    assert response.status_code == 200
    return response.content.decode()


def found(client, **query):
    return list(client.get(reverse("admin:connections_connection_changelist"), query).context["cl"].result_list)


def page_of(client, row):
    return words(client.get(reverse("admin:connections_connection_change", args=[row.pk])))


def test_no_page_shows_a_credential(admin_client, company):
    row = make_connection(company, credentials=SECRETS)
    sealed = bytes(Credential.objects.get().encrypted)

    pages = [page_of(admin_client, row), words(admin_client.get(reverse("admin:connections_connection_changelist")))]
    pages.append(words(admin_client.get(reverse("admin:connections_connection_history", args=[row.pk]))))

    for page in pages:
        for secret in (*SECRETS.values(), sealed.hex(), repr(sealed)):
            assert secret not in page


def test_a_connection_is_read_only(admin_client, company):
    row = make_connection(company)
    address = reverse("admin:connections_connection_change", args=[row.pk])

    assert "_save" not in page_of(admin_client, row)
    assert admin_client.post(address, {"status": "CONNECTED"}).status_code == 403
    assert admin_client.get(reverse("admin:connections_connection_add")).status_code == 403


def test_the_page_of_a_connection_says_what_is_known(admin_client, company):
    site = SiteFactory(company=company, name="Main bakery")
    row = make_connection(company, sites=[site], utility_types=["GAS"], owner_email="owner@example.com")
    Connection.objects.update(status=Status.PASSWORD_INCORRECT, status_error_detail="The site said no.")

    page = page_of(admin_client, row)

    for text in (company.name, row.provider_name, "Main bakery", "Gas", "owner@example.com", "The site said no."):
        assert text in page
    assert '<span class="status status--bad">User name or password refused</span>' in page
    assert reverse("admin:companies_site_change", args=[site.pk]) in page


@pytest.mark.parametrize("status", Status)
def test_every_status_is_shown_as_a_word(admin_client, company, status):
    make_connection(company)
    Connection.objects.update(status=status)

    assert f">{status.label}</span>" in words(admin_client.get(reverse("admin:connections_connection_changelist")))


def test_a_login_page_that_somebody_typed_is_no_link(admin_client, company):
    row = make_connection(company, url="https://portal.example.com/login")

    page = page_of(admin_client, row)

    assert "https://portal.example.com/login" in page
    assert 'href="https://portal.example.com' not in page


def test_a_connection_leads_to_the_invitation_it_came_from(admin_client, company):
    invitation = make_invitation(company)
    row = make_connection(company, origin_invitation_id=invitation.pk)

    assert reverse("admin:invitations_invitation_change", args=[invitation.pk]) in page_of(admin_client, row)


def test_a_connection_of_a_partners_program_came_from_no_invitation(admin_client, company):
    assert "A partner’s program" in page_of(admin_client, make_connection(company))


def test_connections_are_found(admin_client):
    row = make_connection(CompanyFactory(name="Riverside"), datasource=DatasourceFactory(name="Énergie du Nord"))
    make_connection()

    for term in ("riverside", "energie", str(row.pk)):
        assert found(admin_client, q=term) == [row]
    assert found(admin_client, q="nothing of the kind") == []


def test_connections_are_narrowed(admin_client):
    row = make_connection()
    make_connection()
    Connection.objects.filter(pk=row.pk).update(status=Status.CONNECTED)

    for query in ({"status": "CONNECTED"}, {"company": row.company_id}, {"datasource": row.datasource_id}):
        assert found(admin_client, **query) == [row]
    assert len(found(admin_client, created="day")) == 2
    assert len(found(admin_client, status="\x00", created="\x00")) == 2


def test_whoever_may_not_see_connections_sees_none(client, company):
    row = make_connection(company)
    client.force_login(UserFactory(is_superuser=False))

    assert client.get(reverse("admin:connections_connection_change", args=[row.pk])).status_code == 403


def test_whoever_may_see_connections_sees_them(client, company):
    row, viewer = make_connection(company), UserFactory(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client.force_login(viewer)

    assert company.name in page_of(client, row)


@pytest.mark.parametrize(("name", "asked"), [("connection", 5), ("datasource", 6)])
def test_a_list_asks_as_little_of_a_thousand_rows_as_of_ten(admin_client, company, name, asked):
    def grow(number):
        providers = Datasource.objects.bulk_create(DatasourceFactory.build_batch(number))
        Connection.objects.bulk_create(Connection(company=company, datasource=each) for each in providers)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(reverse(f"admin:connections_{name}_changelist")).status_code == 200
        return len(captured)

    for number in (10, 990):
        grow(number)
        assert queries() == asked


def test_a_page_names_no_more_sites_than_it_can_show(admin_client, company):
    row = make_connection(company, sites=SiteFactory.create_batch(51, company=company))

    assert "and more" in page_of(admin_client, row)


# --- providers


def provider(**fields):
    return {"name": "Acme Water", "country": "IE", "login_url": "https://acme.example/login"} | fields


def test_a_provider_is_added_and_changed(admin_client):
    admin_client.post(reverse("admin:connections_datasource_add"), provider(utility_types=["WATER", "GAS"]))
    datasource = Datasource.objects.get()
    assert (datasource.name, datasource.utility_types) == ("Acme Water", ["WATER", "GAS"])

    address = reverse("admin:connections_datasource_change", args=[datasource.pk])
    admin_client.post(address, provider(name="Acme", utility_types=["WATER"]))

    datasource.refresh_from_db()
    assert (datasource.name, datasource.folded_name, datasource.utility_types) == ("Acme", "acme", ["WATER"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"login_url": "javascript:alert(1)"},
        {"country": "XX"},
        {"utility_types": ["STEAM"]},
        {"asks_for": ["x"]},
        {"name": ""},
    ],
)
def test_a_provider_that_does_not_hold_is_refused(admin_client, wrong):
    response = admin_client.post(reverse("admin:connections_datasource_add"), provider(**wrong))

    assert list(response.context["adminform"].form.errors) == list(wrong)
    assert not Datasource.objects.exists()


def test_what_a_provider_also_asks_for_is_chosen_and_taken_back(admin_client):
    admin_client.post(reverse("admin:connections_datasource_add"), provider(asks_for=["account_number"]))
    datasource = Datasource.objects.get()
    assert datasource.asks_for == ["account_number"]

    address = reverse("admin:connections_datasource_change", args=[datasource.pk])
    assert "Also asks for" in words(admin_client.get(address))
    admin_client.post(address, provider())

    datasource.refresh_from_db()
    assert datasource.asks_for == []


def test_a_provider_is_listed_once_in_a_country(admin_client):
    DatasourceFactory(name="Acme Water", country="IE")

    response = admin_client.post(reverse("admin:connections_datasource_add"), provider())

    assert "already exists" in words(response)


def test_providers_are_found_without_accents_and_by_kind(admin_client):
    nord = DatasourceFactory(name="Énergie du Nord", utility_types=["GAS"])
    DatasourceFactory()

    for query in ({"q": "energ nord"}, {"q": str(nord.pk)}, {"utility_type": "GAS"}):
        shown = admin_client.get(reverse("admin:connections_datasource_changelist"), query)
        assert list(shown.context["cl"].result_list) == [nord]


@pytest.mark.parametrize("term", ["ritish", "britsh colum"])
def test_providers_are_found_by_the_inside_of_a_word_and_misspelt_in_list_and_autocomplete(admin_client, term):
    british = DatasourceFactory(name="British Columbia Hydro")
    DatasourceFactory(name="Northern Energy")

    listed = admin_client.get(reverse("admin:connections_datasource_changelist"), {"q": term})
    field = {"app_label": "connections", "model_name": "connection", "field_name": "datasource"}
    offered = admin_client.get(reverse("admin:autocomplete"), {"term": term, **field}).json()["results"]

    assert list(listed.context["cl"].queryset) == [british]
    assert [each["id"] for each in offered] == [str(british.pk)]


REPAIR = "Invite to repair"


def test_a_broken_connection_leads_to_the_invitation_that_repairs_it(admin_client, company):
    broken = make_connection(company)
    Connection.objects.update(status=Status.PASSWORD_INCORRECT)

    response = admin_client.get(reverse("admin:connections_connection_change", args=[broken.pk]))
    link = dict(response.context["related_lists"])[REPAIR]
    form = admin_client.get(link).context["form"]

    asked = {name: str(form[name].value()) for name in ("company", "invitation_type", "connection")}
    assert asked == {"company": str(company.pk), "invitation_type": "EDIT_CONNECTION", "connection": str(broken.pk)}
    assert f'<option value="{broken.pk}" selected>' in words(admin_client.get(link))


@pytest.mark.parametrize("status", [Status.CONNECTED, Status.PENDING, Status.WEBSITE_DOWN])
def test_what_new_login_details_would_not_mend_leads_to_no_repair(admin_client, company, status):
    row = make_connection(company)
    Connection.objects.update(status=status)

    assert REPAIR not in page_of(admin_client, row)


def test_only_whoever_may_invite_is_led_to_a_repair(client, company):
    broken = make_connection(company)
    Connection.objects.update(status=Status.PASSWORD_INCORRECT)
    viewer = UserFactory(is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=["view_connection", "change_invitation"]))
    client.force_login(viewer)

    assert REPAIR not in page_of(client, broken)


def test_what_a_connection_says_has_a_plain_name(admin_client, company):
    page = page_of(admin_client, make_connection(company, country="DE"))

    assert "Germany" in page
    for name in ("Status since", "Detail", "Proved address", "Created"):
        assert f"<label>{name}:</label>" in page
    assert ">Germany<" in words(admin_client.get(reverse("admin:connections_connection_changelist")))


def test_providers_are_narrowed_to_a_country_by_its_name(admin_client):
    DatasourceFactory(country="DE")
    DatasourceFactory(country="FR")

    listed = reverse("admin:connections_datasource_changelist")
    assert ">Germany</a>" in words(admin_client.get(listed))
    assert len(admin_client.get(listed, {"country": "DE"}).context["cl"].result_list) == 1
