"""What every admin of this house keeps to: the Content-Security-Policy, no counting of whole tables, no deleting."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from uuid_utils.compat import uuid7

from companies.models import Company
from config.admin import changelist
from config.admin.base import BaseAdmin
from config.admin.changelist import BoundedPaginator, status_word
from config.db.uuid7 import first_uuid7_at, parse_uuid
from tests.factories import (
    DatasourceFactory,
    PartnerFactory,
    SiteFactory,
    UserFactory,
    make_api_key,
    make_connection,
    make_invitation,
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


@pytest.mark.parametrize("term", ["\x00", "a\x00b"])
@pytest.mark.parametrize(
    "of", ["companies.site.company", "companies.company.partner", "connections.connection.datasource"]
)
def test_a_nul_that_is_typed_to_complete_a_name_is_passed_over(admin_client, of, term):
    app_label, model_name, field_name = of.split(".")
    query = {"app_label": app_label, "model_name": model_name, "field_name": field_name, "term": term}
    answer = admin_client.get("/admin/autocomplete/", query)
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_names_are_completed_for_staff_only(client, db):
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
    """A row for every admin of ours, as `{name of its admin: primary key}`."""
    invitation = make_invitation(allowed_emails=["a@example.com"], message="Hello", max_uses=2)
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
    ]
    return {f"{row._meta.app_label}_{row._meta.model_name}": row.pk for row in rows}


def test_there_is_a_row_for_every_admin(one_of_each):
    assert set(one_of_each) == {f"{model._meta.app_label}_{model._meta.model_name}" for model in OURS}


def test_no_page_has_inline_script_or_style(page, client, one_of_each):
    pages = [page("index"), page("password_change")]
    for name, pk in one_of_each.items():
        pages += [page(f"{name}_changelist", query={"q": "x"}), page(f"{name}_change", pk), page(f"{name}_history", pk)]
        if name != "connections_connection":
            pages.append(page(f"{name}_add"))
    pages.append(page("auth_user_password_change", one_of_each["companies_user"]))
    client.logout()
    pages.append(client.get(reverse("admin:login")))

    for each in pages:
        assert INLINE.findall(each.content.decode()) == [], each.request["PATH_INFO"]
        assert "'unsafe-inline'" not in each["Content-Security-Policy"]


def test_nothing_of_ours_can_be_deleted(admin_client, one_of_each):
    for name, pk in one_of_each.items():
        response = admin_client.post(reverse(f"admin:{name}_delete", args=[pk]), {"post": "yes"})
        assert response.status_code == 403, name


def test_a_member_of_staff_without_permissions_sees_nothing(client, one_of_each):
    client.force_login(UserFactory(is_superuser=False))

    assert "You don’t have permission to view or edit anything." in client.get(reverse("admin:index")).content.decode()
    for name, pk in one_of_each.items():
        for address in (f"{name}_changelist", f"{name}_add"):
            assert client.get(reverse(f"admin:{address}")).status_code == 403
        assert client.get(reverse(f"admin:{name}_change", args=[pk])).status_code == 403


def test_somebody_who_is_not_staff_is_asked_to_log_in(client, db):
    client.force_login(UserFactory(is_staff=False))

    assert client.get(reverse("admin:index")).status_code == 302


def test_staff_log_in_by_email_in_any_case(client, db):
    UserFactory(email="mary@example.com", password="a long password of hers")

    response = client.post(
        reverse("admin:login"), {"username": "Mary@Example.com", "password": "a long password of hers"}
    )

    assert response.status_code == 302


def test_jobs_have_no_admin(page):
    assert "procrastinate" not in page("index").content.decode()


def test_a_list_counts_no_further_than_it_says(admin_client, company, monkeypatch):
    monkeypatch.setattr(changelist, "MOST_COUNTED", 60)
    partner = company.partner
    Company.objects.bulk_create(Company(partner=partner, name=f"Company {n}") for n in range(70))

    response = admin_client.get(reverse("admin:companies_company_changelist"))

    assert response.context["cl"].result_count == 60
    assert "more than 60 companies" in response.content.decode()


def test_a_list_that_is_counted_says_how_many(admin_client, company):
    words = admin_client.get(reverse("admin:companies_company_changelist")).content.decode()

    assert "1 company<" in words
    assert "more than" not in words


def test_a_list_with_nothing_in_it_says_what_to_do(admin_client):
    empty = reverse("admin:invitations_invitation_changelist")

    words = admin_client.get(empty).content.decode()
    assert "There are no invitations yet." in words
    assert "0 of 0 selected" not in words
    words = admin_client.get(empty, {"q": "nobody", "status": "ACTIVE"}).content.decode()
    assert '<a href="?status=ACTIVE">Clear the search</a>' in words
    assert '<a href="?q=nobody">Clear all filters</a>' in words


def test_a_cell_has_the_name_of_its_column_for_where_there_is_no_head(admin_client, company):
    words = admin_client.get(reverse("admin:companies_company_changelist")).content.decode()

    assert f'<td data-name="Partner" class="field-partner nowrap">{company.partner}</td>' in words


def test_counting_stops_in_the_database(company):
    with CaptureQueriesContext(connection) as queries:
        assert BoundedPaginator(Company.objects.order_by("-pk"), 50).count == 1

    assert "LIMIT 10001" in queries[0]["sql"]
    assert "ORDER BY" not in queries[0]["sql"]


def test_what_staff_may_not_choose_from_is_no_filter(client, company):
    viewer = UserFactory(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_site"))
    client.force_login(viewer)

    assert "autocomplete-filter" not in client.get(reverse("admin:companies_site_changelist")).content.decode()


def test_the_page_of_a_row_leads_to_the_lists_about_it(admin_client, company):
    words = admin_client.get(reverse("admin:companies_company_change", args=[company.pk])).content.decode()

    for other in ("companies_site", "connections_connection", "invitations_invitation"):
        assert f"{reverse(f'admin:{other}_changelist')}?company={company.pk}" in words


def test_completion_offers_twenty_at_a_time(admin_client, company):
    Company.objects.bulk_create(Company(partner=company.partner, name=f"Acme {n}") for n in range(30))

    answer = admin_client.get(
        reverse("admin:autocomplete"),
        {"app_label": "invitations", "model_name": "invitation", "field_name": "company", "term": "acme"},
    ).json()

    assert len(answer["results"]) == 20
    assert answer["pagination"] == {"more": True}


def test_ids_grow_with_time():
    before = first_uuid7_at(datetime.now(UTC))

    assert before <= uuid7()


@pytest.mark.parametrize("term", ["0194f000-0000-7000-8000-000000000011", " 0194F000000070008000000000000011 "])
def test_an_id_is_recognised(term):
    assert str(parse_uuid(term)) == "0194f000-0000-7000-8000-000000000011"


def test_anything_else_is_no_id():
    assert parse_uuid("Acme") is None


def test_a_status_is_a_word_and_escaped():
    assert status_word("<b>", "good") == '<span class="status status--good">&lt;b&gt;</span>'


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["r/8/1/", "r/8/0194f000-0000-7000-8000-00000000dead/", "r/x/y/"])
def test_there_is_no_way_from_a_row_to_a_page_on_the_site(admin_client, address):
    """Django's answers an id that is none with a 500."""
    assert admin_client.get(f"/admin/{address}").status_code == 404
