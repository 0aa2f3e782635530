"""A member of staff who is limited to certain companies: what is another company's does not exist."""

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
    make_invitation,
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
    """A row for every admin whose rows belong to a company, as `{name of its admin: row}`."""
    rows = [
        company,
        SiteFactory(company=company, name=f"Site of {company}"),
        make_connection(company, owner_email="owner@example.com"),
        make_invitation(company, message=f"From {company}"),
        draft(company, "email", "a@example.com"),
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
    """Whoever may do everything, but for one company only."""
    user = UserFactory(is_superuser=False, is_limited=True)
    user.companies.add(ours["companies_company"])
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)
    return client


def listed(response):
    return list(response.context["cl"].result_list)


def test_every_admin_with_a_company_is_limited(ours):
    """An admin that is new and stands on neither class is one that shows everything: name it here on purpose."""
    assert {name_of(model) for model in LIMITED} == set(ours)
    open_to_all = {"connections_datasource", "auth_group"}
    assert {name_of(model) for model in admin.site._registry} - set(ours) - open_to_all == {
        name_of(model) for model in WHOLE
    }


@pytest.mark.parametrize("model", LIMITED, ids=name_of)
def test_a_list_shows_what_is_of_the_chosen_companies(limited, ours, strangers, model):
    name = name_of(model)

    assert listed(limited.get(reverse(f"admin:{name}_changelist"))) == [ours[name]]


@pytest.mark.parametrize("model", LIMITED, ids=name_of)
@pytest.mark.parametrize("term", ["{pk}", STRANGERS, "Steelworks"])
def test_a_search_finds_nothing_of_a_stranger(limited, strangers, model, term):
    name = name_of(model)
    found = limited.get(reverse(f"admin:{name}_changelist"), {"q": term.format(pk=strangers[name].pk)})

    assert strangers[name] not in listed(found)


@pytest.mark.parametrize("model", LIMITED, ids=name_of)
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_a_strangers_row_is_answered_as_one_that_is_not_there(limited, ours, strangers, model, page):
    name, missing = name_of(model), "0194f000-0000-7000-8000-00000000dead"
    stranger = strangers[name].pk

    def answer(pk):
        response = limited.get(reverse(f"admin:{name}_{page}", args=[pk]), follow=True)
        return response.status_code, response.redirect_chain, words(response).replace(str(pk), "{id}").split("csrf")[0]

    assert answer(stranger) == answer(missing)
    assert STRANGERS not in answer(stranger)[2]
    if page != "delete":  # nothing can be deleted, one's own neither
        assert limited.get(reverse(f"admin:{name}_{page}", args=[ours[name].pk])).status_code == 200


def test_a_strangers_row_is_not_changed(limited, strangers):
    site, company = strangers["companies_site"], strangers["companies_company"]
    limited.post(reverse("admin:companies_site_change", args=[site.pk]), {"name": "Renamed"})
    limited.post(reverse("admin:companies_company_change", args=[company.pk]), {"name": "Renamed", "locale": "en"})

    site.refresh_from_db()
    company.refresh_from_db()
    assert "Renamed" not in (site.name, company.name)


def test_a_strangers_invitation_is_not_revoked(limited, strangers):
    invitation = strangers["invitations_invitation"]
    assert limited.post(reverse("admin:invitations_invitation_revoke", args=[invitation.pk]), {}).status_code == 404
    limited.post(
        reverse("admin:invitations_invitation_changelist"),
        {"action": "revoke_selected", "_selected_action": [invitation.pk], "confirmed": "yes"},
    )

    assert Invitation.objects.get(pk=invitation.pk).revoked_at is None


@pytest.mark.parametrize(
    ("app_label", "model_name"), [("companies", "site"), ("connections", "connection"), ("invitations", "invitation")]
)
def test_completion_offers_the_chosen_companies_only(limited, strangers, app_label, model_name):
    asked = {"app_label": app_label, "model_name": model_name, "field_name": "company", "term": ""}
    offered = limited.get(reverse("admin:autocomplete"), asked).json()["results"]

    assert [each["text"] for each in offered] == [OURS]


@pytest.mark.parametrize("name", ["companies_site", "connections_connection", "invitations_invitation"])
def test_a_filter_does_not_tell_a_strangers_name(limited, strangers, name):
    response = limited.get(
        reverse(f"admin:{name}_changelist"), {"company": strangers["companies_company"].pk}, follow=True
    )

    assert STRANGERS not in words(response)


def test_nothing_is_made_for_a_stranger(limited, strangers):
    before = Site.objects.count()
    sent = {"company": strangers["companies_company"].pk, "name": "Mine"}
    response = limited.post(reverse("admin:companies_site_add"), sent)

    assert response.context["adminform"].form.errors["company"]
    assert STRANGERS not in words(response)
    assert Site.objects.count() == before


def test_nobody_is_invited_for_a_stranger(limited, strangers):
    before = Invitation.objects.count()
    response = invite(limited, strangers["companies_company"])

    assert errors(response)["company"]
    assert STRANGERS not in words(response)
    assert Invitation.objects.count() == before


def test_whoever_is_limited_works_for_their_company_as_ever(limited, ours, strangers):
    assert invite(limited, ours["companies_company"]).status_code == 302
    assert Invitation.objects.filter(company=ours["companies_company"]).count() == 2


def test_whoever_is_limited_makes_no_company(limited):
    """They would not see it."""
    assert limited.get(reverse("admin:companies_company_add")).status_code == 403


@pytest.mark.parametrize("model", WHOLE, ids=name_of)
def test_every_page_of_what_reaches_past_companies_is_closed_to_whoever_is_limited(limited, ours, model):
    """A key opens all companies of its partner."""
    partner = ours["companies_company"].partner
    rows = [partner, make_api_key(partner)[0], UserFactory(is_superuser=False)]
    row = {name_of(each): each for each in rows}[name_of(model)]
    before = list(model.objects.filter(pk=row.pk).values())

    beginning = reverse(f"admin:{name_of(model)}_changelist")
    pages = [re.sub("<.+>", str(row.pk), str(each.pattern)) for each in admin.site.get_model_admin(model).get_urls()]
    answers = {
        (page, send.__name__): send(f"{beginning}{page}", follow=True).status_code
        for page in pages
        for send in (limited.get, limited.post)
    }

    assert answers == dict.fromkeys(answers, 403)
    assert {"", "add/", f"{row.pk}/change/", f"{row.pk}/history/"} <= set(pages)
    assert list(model.objects.filter(pk=row.pk).values()) == before
    assert beginning not in words(limited.get(reverse("admin:index")))


def test_a_provider_is_seen_and_not_changed_by_whoever_is_limited(limited, client):
    """It is everybody's, and reaches past their companies."""
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


def test_whoever_is_limited_to_nothing_sees_nothing(client, strangers):
    user = UserFactory(is_superuser=False, is_limited=True)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)

    for model in LIMITED:
        assert listed(client.get(reverse(f"admin:{name_of(model)}_changelist"))) == []


def test_a_limit_that_changes_counts_from_the_next_request(limited, ours, strangers):
    user = ours["companies_company"].staff.get()
    user.companies.set([strangers["companies_company"]])

    assert listed(limited.get(reverse("admin:companies_company_changelist"))) == [strangers["companies_company"]]


def test_a_name_that_many_strangers_have_still_finds_ones_own(limited, ours, strangers):
    """The search by a company's name looks at no more than fifty: they are fifty of one's own."""
    partner = strangers["companies_company"].partner
    Company.objects.bulk_create(Company(partner=partner, name=f"{OURS} {n}") for n in range(60))

    found = limited.get(reverse("admin:invitations_invitation_changelist"), {"q": OURS})

    assert listed(found) == [ours["invitations_invitation"]]


def test_being_limited_costs_one_query(limited, client, ours):
    def queries(number):
        CompanyFactory.create_batch(number)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("admin:companies_site_changelist")).status_code == 200
        return len([each for each in captured if "companies_user_companies" in each["sql"]])

    assert (queries(10), queries(100)) == (1, 1)
