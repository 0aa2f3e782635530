import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.models import Company
from config.admin import changelist
from config.admin.base import BaseAdmin
from config.admin.changelist import BoundedPaginator, status_word
from tests.factories import (
    DatasourceFactory,
    PartnerFactory,
    SiteFactory,
    UserFactory,
    make_api_key,
    make_connection,
    make_delivery,
    make_invitation,
    make_stored_mail,
)
from tests.invitations.services.batches.drafts import draft

INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)
OURS = [model for model, its_admin in admin.site._registry.items() if isinstance(its_admin, BaseAdmin)]


@pytest.fixture
def page(admin_client):
    def get(name, *args, query=None):
        response = admin_client.get(reverse(f"admin:{name}", args=args), query)
        assert response.status_code == 200
        return response

    return get


def test_autocomplete_ignores_nul(admin_client):
    for model, field in (("companies.site", "company"), ("connections.connection", "datasource")):
        app_label, model_name = model.split(".")
        query = {"app_label": app_label, "model_name": model_name, "field_name": field, "term": "a\x00b"}
        answer = admin_client.get("/admin/autocomplete/", query)
        assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_autocomplete_needs_permission(client, db):
    query = {"app_label": "companies", "model_name": "site", "field_name": "company", "term": "a"}
    assert client.get("/admin/autocomplete/", query).status_code == 302
    client.force_login(UserFactory(is_superuser=False))
    assert client.get("/admin/autocomplete/", query).status_code == 403


@pytest.fixture
def admin_client(db, client):
    client.force_login(UserFactory())
    return client


@pytest.fixture
def one_of_each(db):
    """Primary key of a row for each of our admins, by the admin's name."""
    invitation = make_invitation(allowed_emails=["a@example.com"], message="Hello", max_uses=2)
    delivery = make_delivery()
    rows = [
        invitation,
        invitation.company,
        invitation.company.partner,
        make_connection(),
        SiteFactory(),
        DatasourceFactory(),
        make_api_key(PartnerFactory())[0],
        UserFactory(),
        draft(invitation.company, "email", "a@example.com"),
        Group.objects.create(name="Friends"),
        delivery,
        delivery.endpoint,
        make_stored_mail(),
    ]
    return {f"{row._meta.app_label}_{row._meta.model_name}": row.pk for row in rows}


def test_rows_cover_every_admin(one_of_each):
    assert set(one_of_each) == {f"{model._meta.app_label}_{model._meta.model_name}" for model in OURS}


def test_pages_have_no_inline_code(page, client, one_of_each):
    pages = [page("index"), page("password_change")]
    for name, pk in one_of_each.items():
        pages += [page(f"{name}_changelist", query={"q": "x"}), page(f"{name}_change", pk)]
        if name not in {"connections_connection", "companies_webhookdelivery", "companies_storedmail"}:
            pages.append(page(f"{name}_add"))
    pages.append(page("companies_company_history", one_of_each["companies_company"]))
    pages.append(page("auth_user_password_change", one_of_each["companies_user"]))
    client.logout()
    pages.append(client.get(reverse("admin:login")))

    for each in pages:
        assert INLINE.findall(each.content.decode()) == [], each.request["PATH_INFO"]
        assert "'unsafe-inline'" not in each["Content-Security-Policy"]


def test_no_row_can_be_deleted(admin_client, one_of_each):
    for name in ("connections_connection", "companies_webhookendpoint"):
        one_of_each.pop(name)  # deleted by a service
    for name, pk in one_of_each.items():
        response = admin_client.post(reverse(f"admin:{name}_delete", args=[pk]), {"post": "yes"})
        assert response.status_code == 403, name


def test_member_without_permissions_sees_nothing(client, one_of_each):
    client.force_login(UserFactory(is_superuser=False))

    assert "You don’t have permission to view or edit anything." in client.get(reverse("admin:index")).content.decode()
    for name, pk in one_of_each.items():
        for address in (f"{name}_changelist", f"{name}_add"):
            assert client.get(reverse(f"admin:{address}")).status_code == 403
        assert client.get(reverse(f"admin:{name}_change", args=[pk])).status_code == 403


def test_user_without_staff_flag_must_log_in(client, db):
    client.force_login(UserFactory(is_staff=False))

    assert client.get(reverse("admin:index")).status_code == 302


def test_jobs_have_no_admin(page):
    assert "procrastinate" not in page("index").content.decode()


def test_list_counts_up_to_limit(admin_client, company, monkeypatch):
    monkeypatch.setattr(changelist, "MOST_COUNTED", 60)
    partner = company.partner
    Company.objects.bulk_create(Company(partner=partner, name=f"Company {n}") for n in range(70))

    response = admin_client.get(reverse("admin:companies_company_changelist"))

    assert response.context["cl"].result_count == 60
    assert "more than 60 companies" in response.content.decode()


def test_short_list_shows_its_count(admin_client, company):
    words = admin_client.get(reverse("admin:companies_company_changelist")).content.decode()

    assert "1 company<" in words
    assert "more than" not in words


def test_empty_list_says_what_to_do(admin_client):
    empty = reverse("admin:invitations_invitation_changelist")

    words = admin_client.get(empty).content.decode()
    assert "There are no invitations yet." in words
    assert "0 of 0 selected" not in words
    words = admin_client.get(empty, {"q": "nobody", "status": "ACTIVE"}).content.decode()
    assert "No invitation matches “nobody” with these filters." in words
    assert '<a href="?status=ACTIVE">Clear the search</a>' in words
    assert '<a href="?q=nobody">Clear all filters</a>' in words


def test_cells_carry_their_column_name(admin_client, company):
    words = admin_client.get(reverse("admin:companies_company_changelist")).content.decode()

    assert f'<td data-name="Partner" class="field-partner nowrap">{company.partner}</td>' in words


def test_count_is_limited_in_sql(company):
    with CaptureQueriesContext(connection) as queries:
        assert BoundedPaginator(Company.objects.order_by("-pk"), 50).count == 1

    assert "LIMIT 10001" in queries[0]["sql"]
    assert "ORDER BY" not in queries[0]["sql"]


def test_filter_needs_permission_for_related_rows(client, company):
    viewer = UserFactory(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_site"))
    client.force_login(viewer)

    assert "autocomplete-filter" not in client.get(reverse("admin:companies_site_changelist")).content.decode()


def test_page_links_related_lists(admin_client, company):
    words = admin_client.get(reverse("admin:companies_company_change", args=[company.pk])).content.decode()

    for other in ("companies_site", "connections_connection", "invitations_invitation"):
        assert f"{reverse(f'admin:{other}_changelist')}?company={company.pk}" in words


def test_autocomplete_returns_twenty_rows(admin_client, company):
    Company.objects.bulk_create(Company(partner=company.partner, name=f"Acme {n}") for n in range(30))

    answer = admin_client.get(
        reverse("admin:autocomplete"),
        {"app_label": "invitations", "model_name": "invitation", "field_name": "company", "term": "acme"},
    ).json()

    assert len(answer["results"]) == 20
    assert answer["pagination"] == {"more": True}


def test_status_word_is_escaped():
    assert status_word("<b>", "good") == '<span class="status status--good">&lt;b&gt;</span>'


def test_view_on_site_is_not_found(admin_client):
    """Django's own view fails on an id that is not an integer."""
    for path in ("r/8/1/", "r/8/0194f000-0000-7000-8000-00000000dead/", "r/x/y/"):
        assert admin_client.get(f"/admin/{path}").status_code == 404, path
