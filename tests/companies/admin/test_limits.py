import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.admin import CompanyLimitedAdmin, UnlimitedAdmin
from companies.models import Company, Site
from connections.models import Datasource
from invitations.models import Invitation
from tests.companies.admin.pages import words
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
    make_api_key,
    make_connection,
    make_delivery,
    make_endpoint,
    make_invitation,
    make_stored_mail,
)
from tests.invitations.admin.create.pages import errors, invite
from tests.invitations.services.batches.drafts import draft

OURS = "Riverside Bakeries"
STRANGERS = "Secretive Steelworks"
LIMITED = [model for model, its_admin in admin.site._registry.items() if isinstance(its_admin, CompanyLimitedAdmin)]
WHOLE = [model for model, its_admin in admin.site._registry.items() if isinstance(its_admin, UnlimitedAdmin)]


def name_of(model):
    return f"{model._meta.app_label}_{model._meta.model_name}"


def rows_of(company):
    """A row of the company for each limited admin, by the admin's name."""
    rows = [
        company,
        SiteFactory(company=company, name=f"Site of {company}"),
        make_connection(company, owner_email="owner@example.com"),
        make_invitation(company, message=f"From {company}"),
        draft(company, "email", "a@example.com"),
        make_stored_mail(company),
    ]
    return {name_of(row): row for row in rows}


@pytest.fixture
def ours(db):
    return rows_of(CompanyFactory(name=OURS))


@pytest.fixture
def strangers(db):
    return rows_of(CompanyFactory(name=STRANGERS))


@pytest.fixture
def limited(client, ours):
    """Client of a member with all permissions for one company."""
    user = UserFactory(is_superuser=False, is_limited=True)
    user.companies.add(ours["companies_company"])
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)
    return client


def listed(response):
    return list(response.context["cl"].result_list)


def test_every_admin_has_a_limit_class(ours):
    """A new admin without a limit class shows all rows: add it here only on purpose."""
    assert {name_of(model) for model in LIMITED} == set(ours)
    unlimited_on_purpose = {"connections_datasource", "auth_group"}
    assert {name_of(model) for model in admin.site._registry} - set(ours) - unlimited_on_purpose == {
        name_of(model) for model in WHOLE
    }


def test_list_shows_own_rows_only(limited, ours, strangers):
    got = {name: listed(limited.get(reverse(f"admin:{name}_changelist"))) for name in ours}

    assert got == {name: [row] for name, row in ours.items()}


def test_search_finds_no_foreign_row(limited, strangers):
    for name, row in strangers.items():
        for term in (row.pk, STRANGERS, "Steelworks"):
            found = limited.get(reverse(f"admin:{name}_changelist"), {"q": term})
            assert row not in listed(found), (name, term)


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_foreign_row_answers_like_missing_row(limited, ours, strangers, page):
    def answer(name, pk):
        response = limited.get(reverse(f"admin:{name}_{page}", args=[pk]), follow=True)
        return response.status_code, response.redirect_chain, words(response).replace(str(pk), "{id}").split("csrf")[0]

    for name, row in strangers.items():
        foreign = answer(name, row.pk)
        assert foreign == answer(name, "0194f000-0000-7000-8000-00000000dead"), name
        assert STRANGERS not in foreign[2], name
        if page != "delete":  # no row can be deleted
            own = reverse(f"admin:{name}_{page}", args=[ours[name].pk])
            assert limited.get(own, follow=True).status_code == 200, name


def test_foreign_row_cannot_be_changed(limited, strangers):
    site, company = strangers["companies_site"], strangers["companies_company"]
    limited.post(reverse("admin:companies_site_change", args=[site.pk]), {"name": "Renamed"})
    limited.post(
        reverse("admin:companies_company_change", args=[company.pk]),
        {"name": "Renamed", "locale": "en", "time_zone": "UTC"},
    )

    site.refresh_from_db()
    company.refresh_from_db()
    assert "Renamed" not in (site.name, company.name)


def test_foreign_invitation_cannot_be_revoked(limited, strangers):
    invitation = strangers["invitations_invitation"]
    assert limited.post(reverse("admin:invitations_invitation_revoke", args=[invitation.pk]), {}).status_code == 404
    limited.post(
        reverse("admin:invitations_invitation_changelist"),
        {"action": "revoke_selected", "_selected_action": [invitation.pk], "confirmed": "yes"},
    )

    assert Invitation.objects.get(pk=invitation.pk).revoked_at is None


def test_autocomplete_offers_own_companies_only(limited, strangers):
    for app_label, model_name in (("companies", "site"), ("connections", "connection"), ("invitations", "invitation")):
        asked = {"app_label": app_label, "model_name": model_name, "field_name": "company", "term": ""}
        offered = limited.get(reverse("admin:autocomplete"), asked).json()["results"]
        assert [each["text"] for each in offered] == [OURS], model_name


def test_filter_shows_no_foreign_name(limited, strangers):
    chosen = {"company": strangers["companies_company"].pk}
    for name in ("companies_site", "connections_connection", "invitations_invitation"):
        response = limited.get(reverse(f"admin:{name}_changelist"), chosen, follow=True)
        assert STRANGERS not in words(response), name


def test_foreign_company_gets_no_site(limited, strangers):
    before = Site.objects.count()
    sent = {"company": strangers["companies_company"].pk, "name": "Mine"}
    response = limited.post(reverse("admin:companies_site_add"), sent)

    assert response.context["adminform"].form.errors["company"]
    assert STRANGERS not in words(response)
    assert Site.objects.count() == before


def test_foreign_company_gets_no_invitation(limited, strangers):
    before = Invitation.objects.count()
    response = invite(limited, strangers["companies_company"])

    assert errors(response)["company"]
    assert STRANGERS not in words(response)
    assert Invitation.objects.count() == before


def test_limited_member_invites_for_own_company(limited, ours, strangers):
    assert invite(limited, ours["companies_company"]).status_code == 302
    assert Invitation.objects.filter(company=ours["companies_company"]).count() == 2


def test_limited_member_creates_no_company(limited):
    assert limited.get(reverse("admin:companies_company_add")).status_code == 403


def test_unlimited_admins_are_closed_to_limited(limited, ours):
    """A key, for example, opens all companies of its partner."""
    partner = ours["companies_company"].partner
    delivery = make_delivery(make_endpoint(ours["companies_company"]))
    all_rows = (partner, make_api_key(partner)[0], UserFactory(is_superuser=False), delivery, delivery.endpoint)
    rows = {name_of(each): each for each in all_rows}
    index = words(limited.get(reverse("admin:index")))
    for model in WHOLE:
        row, start = rows[name_of(model)], reverse(f"admin:{name_of(model)}_changelist")
        before = list(model.objects.filter(pk=row.pk).values())
        urls = admin.site.get_model_admin(model).get_urls()
        pages = [re.sub("<.+>", str(row.pk), str(each.pattern)) for each in urls]
        answers = {
            (page, send.__name__): send(f"{start}{page}", follow=True).status_code
            for page in pages
            for send in (limited.get, limited.post)
        }

        assert answers == dict.fromkeys(answers, 403)
        assert {"", "add/", f"{row.pk}/change/", f"{row.pk}/history/"} <= set(pages)
        assert list(model.objects.filter(pk=row.pk).values()) == before
        assert start not in index


def test_limited_member_only_reads_providers(limited, client):
    provider = DatasourceFactory(name="Acme Water")
    change = reverse("admin:connections_datasource_change", args=[provider.pk])
    sent = {"name": "Renamed", "country": "GB", "login_url": "https://elsewhere.example.com/"}

    assert "Acme Water" in words(limited.get(change))
    assert limited.post(change, sent).status_code == 403
    for page in (
        reverse("admin:connections_datasource_add"),
        reverse("admin:connections_datasource_delete", args=[provider.pk]),
    ):
        assert limited.get(page).status_code == limited.post(page, sent).status_code == 403
    assert Datasource.objects.get(pk=provider.pk).name == "Acme Water"
    assert not Datasource.objects.filter(name="Renamed").exists()

    unlimited = UserFactory(is_superuser=False)
    unlimited.user_permissions.set(Permission.objects.all())
    client.force_login(unlimited)
    assert client.post(change, sent).status_code == 302
    assert Datasource.objects.get(pk=provider.pk).name == "Renamed"


def test_limit_to_no_company_shows_nothing(client, strangers):
    user = UserFactory(is_superuser=False, is_limited=True)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)

    for model in LIMITED:
        assert listed(client.get(reverse(f"admin:{name_of(model)}_changelist"))) == []


def test_changed_limit_applies_to_next_request(limited, ours, strangers):
    user = ours["companies_company"].staff.get()
    user.companies.set([strangers["companies_company"]])

    assert listed(limited.get(reverse("admin:companies_company_changelist"))) == [strangers["companies_company"]]


def test_search_finds_own_among_foreign_names(limited, ours, strangers):
    """A search by company name looks at fifty companies: they must be the member's own."""
    partner = strangers["companies_company"].partner
    Company.objects.bulk_create(Company(partner=partner, name=f"{OURS} {n}") for n in range(60))

    found = limited.get(reverse("admin:invitations_invitation_changelist"), {"q": OURS})

    assert listed(found) == [ours["invitations_invitation"]]


def test_limit_costs_one_query(limited, client, ours):
    def queries(number):
        CompanyFactory.create_batch(number)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("admin:companies_site_changelist")).status_code == 200
        return len([each for each in captured if "companies_user_companies" in each["sql"]])

    assert (queries(10), queries(100)) == (1, 1)
