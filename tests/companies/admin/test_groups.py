"""What each group may do: every permission at every door."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from companies.groups import GROUPS, fill_groups
from config.admin.base import BaseAdmin
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    PartnerFactory,
    SiteFactory,
    UserFactory,
    make_api_key,
    make_connection,
    make_invitation,
)
from tests.invitations.services.batches.drafts import draft

# what each group may do in each admin: see, add, change
MATRIX = {
    "companies_company": {"Viewer": "s", "Inviter": "s", "Administrator": "sac"},
    "companies_site": {"Viewer": "s", "Inviter": "sac", "Administrator": "sac"},
    "companies_partner": {"Viewer": "", "Inviter": "", "Administrator": "sac"},
    "companies_apikey": {"Viewer": "", "Inviter": "", "Administrator": "sac"},
    "companies_user": {"Viewer": "", "Inviter": "", "Administrator": "sac"},
    "auth_group": {"Viewer": "", "Inviter": "", "Administrator": ""},
    "connections_datasource": {"Viewer": "s", "Inviter": "s", "Administrator": "sac"},
    "connections_connection": {"Viewer": "s", "Inviter": "s", "Administrator": "s"},
    "invitations_invitation": {"Viewer": "s", "Inviter": "sa", "Administrator": "sa"},
    "invitations_batch": {"Viewer": "s", "Inviter": "sa", "Administrator": "sa"},
}
CASES = [(group, name, may[group]) for name, may in MATRIX.items() for group in GROUPS]
REVOCABLE = {"companies_apikey": ("Administrator",), "invitations_invitation": ("Inviter", "Administrator")}


@pytest.fixture
def row(db):
    def of(name):
        makers = {
            "companies_company": lambda: SiteFactory().company,
            "companies_site": SiteFactory,
            "companies_partner": PartnerFactory,
            "companies_apikey": lambda: make_api_key(PartnerFactory())[0],
            "companies_user": lambda: UserFactory(is_superuser=False),
            "auth_group": lambda: Group.objects.get(name="Viewer"),
            "connections_datasource": DatasourceFactory,
            "connections_connection": make_connection,
            "invitations_invitation": make_invitation,
            "invitations_batch": lambda: draft(CompanyFactory(), "email", "a@example.com"),
        }
        return makers[name]()

    return of


@pytest.fixture
def member_of(client, groups):
    def log_in(group):
        user = UserFactory(is_superuser=False)
        user.groups.add(groups[group])
        client.force_login(user)
        return client

    return log_in


def test_the_matrix_names_every_admin_of_ours():
    ours = {model for model, its_admin in admin.site._registry.items() if isinstance(its_admin, BaseAdmin)}
    assert {f"{model._meta.app_label}_{model._meta.model_name}" for model in ours} - set(MATRIX) == set()


@pytest.mark.parametrize(("group", "name", "may"), CASES)
def test_a_group_sees_adds_and_changes_what_it_may_and_no_more(member_of, row, group, name, may):
    client, one = member_of(group), row(name)

    def open_to(page, *args):
        status = client.get(reverse(f"admin:{name}_{page}", args=args)).status_code
        assert status in (200, 403)
        return status == 200

    assert open_to("changelist") == ("s" in may)
    assert open_to("change", one.pk) == ("s" in may)
    assert open_to("history", one.pk) == ("s" in may)
    assert open_to("add") == ("a" in may)
    changed = client.post(reverse(f"admin:{name}_change", args=[one.pk]), {})
    assert (changed.status_code not in (403, 405)) == ("c" in may)
    assert client.post(reverse(f"admin:{name}_delete", args=[one.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", REVOCABLE)
def test_only_whoever_may_change_it_revokes(member_of, row, group, name):
    client, one = member_of(group), row(name)
    client.post(reverse(f"admin:{name}_revoke", args=[one.pk]), {"confirmed": "yes"})
    one.refresh_from_db()
    by_button = one.revoked_at is not None
    other = row(name)
    chosen = {"action": "revoke_selected", "_selected_action": [other.pk], "confirmed": "yes"}
    client.post(reverse(f"admin:{name}_changelist"), chosen)
    other.refresh_from_db()

    assert (by_button, other.revoked_at is not None) == ((group in REVOCABLE[name]),) * 2


@pytest.mark.parametrize(
    ("field", "model", "may"),
    [
        ("company", "site", {"Viewer", "Inviter", "Administrator"}),
        ("partner", "company", {"Administrator"}),
        ("partner", "apikey", {"Administrator"}),
        ("companies", "user", {"Viewer", "Inviter", "Administrator"}),
    ],
)
@pytest.mark.parametrize("group", GROUPS)
def test_completion_offers_what_the_group_sees(member_of, group, field, model, may):
    asked = {"app_label": "companies", "model_name": model, "field_name": field, "term": ""}
    status = member_of(group).get(reverse("admin:autocomplete"), asked).status_code

    assert status == (200 if group in may else 403)


def test_migrating_again_keeps_changed_permissions(groups):
    groups["Viewer"].permissions.add(Permission.objects.get(codename="add_site"))
    groups["Viewer"].permissions.remove(Permission.objects.get(codename="view_site"))

    fill_groups()

    kept = set(groups["Viewer"].permissions.values_list("codename", flat=True))
    assert "add_site" in kept
    assert "view_site" not in kept


def test_migrating_restores_missing_groups(groups):
    Group.objects.get(name="Inviter").delete()

    fill_groups()

    assert {group.name for group in Group.objects.all()} == set(GROUPS)
    assert Group.objects.get(name="Inviter").permissions.filter(codename="add_invitation").exists()


def test_new_permissions_reach_existing_groups(groups):
    Permission.objects.filter(codename="view_invitation").delete()

    fill_groups()

    assert groups["Viewer"].permissions.filter(codename="view_invitation").exists()


def test_what_a_group_may_do_is_said_in_words(client, groups):
    client.force_login(UserFactory())
    page = client.get(reverse("admin:auth_group_change", args=[groups["Viewer"].pk])).content.decode()

    assert ">View members of staff</option>" in page
    assert ">Add API keys</option>" in page
    for nobodys in ("log entr", "access attempt", "Delete"):
        assert nobodys not in page


def test_each_group_may_do_what_the_one_before_may(groups):
    viewer, inviter, administrator = (set(groups[name].permissions.all()) for name in GROUPS)

    assert viewer < inviter < administrator


@pytest.mark.parametrize("group", GROUPS)
def test_no_group_deletes_or_changes_groups(groups, group):
    codenames = groups[group].permissions.values_list("codename", flat=True)

    assert not [name for name in codenames if name.startswith("delete_") or name.endswith(("_group", "_permission"))]
