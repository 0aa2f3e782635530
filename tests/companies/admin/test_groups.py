from unittest.mock import Mock

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
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
    make_delivery,
    make_endpoint,
    make_invitation,
    make_stored_mail,
)
from tests.invitations.services.batches.drafts import draft

# what each group may do: see, add, change
MATRIX = {
    "companies_company": {"Viewer": "s", "Inviter": "s", "Administrator": "sac"},
    "companies_site": {"Viewer": "s", "Inviter": "sac", "Administrator": "sac"},
    "companies_storedmail": {"Viewer": "", "Inviter": "s", "Administrator": "s"},
    "companies_partner": {"Viewer": "", "Inviter": "", "Administrator": "sac"},
    "companies_apikey": {"Viewer": "", "Inviter": "", "Administrator": "sac"},
    "companies_webhookendpoint": {"Viewer": "", "Inviter": "", "Administrator": "sacd"},
    "companies_webhookdelivery": {"Viewer": "", "Inviter": "", "Administrator": "s"},
    "companies_user": {"Viewer": "", "Inviter": "", "Administrator": "sac"},
    "auth_group": {"Viewer": "", "Inviter": "", "Administrator": ""},
    "connections_datasource": {"Viewer": "s", "Inviter": "s", "Administrator": "sac"},
    "connections_connection": {"Viewer": "s", "Inviter": "s", "Administrator": "sd"},
    "invitations_invitation": {"Viewer": "s", "Inviter": "sa", "Administrator": "sa"},
    "invitations_batch": {"Viewer": "s", "Inviter": "sa", "Administrator": "sa"},
}
REVOCABLE = {"companies_apikey": ("Administrator",), "invitations_invitation": ("Inviter", "Administrator")}


@pytest.fixture
def row(db):
    def of(name):
        makers = {
            "companies_company": lambda: SiteFactory().company,
            "companies_site": SiteFactory,
            "companies_storedmail": make_stored_mail,
            "companies_partner": PartnerFactory,
            "companies_apikey": lambda: make_api_key(PartnerFactory())[0],
            "companies_webhookendpoint": make_endpoint,
            "companies_webhookdelivery": make_delivery,
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


def test_matrix_covers_every_admin():
    ours = {model for model, its_admin in admin.site._registry.items() if isinstance(its_admin, BaseAdmin)}
    assert {f"{model._meta.app_label}_{model._meta.model_name}" for model in ours} - set(MATRIX) == set()


def granted(client, name, one):
    """Letters of `MATRIX` that the pages of an admin grant: see, add, change, delete."""

    def is_open(page, *args):
        status = client.get(reverse(f"admin:{name}_{page}", args=args), follow=True).status_code
        assert status in (200, 403)
        return status == 200

    seen = {is_open("changelist"), is_open("change", one.pk), is_open("history", one.pk)}
    assert len(seen) == 1, name
    changed = client.post(reverse(f"admin:{name}_change", args=[one.pk]), {}).status_code not in (403, 405)
    deleted = client.post(reverse(f"admin:{name}_delete", args=[one.pk]), {"post": "yes"}).status_code != 403
    rights = (("s", seen.pop()), ("a", is_open("add")), ("c", changed), ("d", deleted))
    return "".join(letter for letter, may in rights if may)


@pytest.mark.parametrize("group", GROUPS)
def test_group_has_permissions_of_matrix(member_of, row, group):
    client = member_of(group)

    assert {name: granted(client, name, row(name)) for name in MATRIX} == {name: MATRIX[name][group] for name in MATRIX}


@pytest.mark.parametrize("group", GROUPS)
def test_group_revokes_what_it_may_change(member_of, row, group):
    client, revoked = member_of(group), {}
    for name in REVOCABLE:
        one, other = row(name), row(name)
        client.post(reverse(f"admin:{name}_revoke", args=[one.pk]), {"confirmed": "yes"})
        chosen = {"action": "revoke_selected", "_selected_action": [other.pk], "confirmed": "yes"}
        client.post(reverse(f"admin:{name}_changelist"), chosen)
        one.refresh_from_db()
        other.refresh_from_db()
        revoked[name] = [one.revoked_at is not None, other.revoked_at is not None]

    assert revoked == {name: [group in groups] * 2 for name, groups in REVOCABLE.items()}


@pytest.mark.parametrize("group", GROUPS)
def test_autocomplete_follows_view_permission(member_of, group):
    client = member_of(group)
    everyone, administrators = set(GROUPS), {"Administrator"}
    wanted = {
        ("site", "company"): everyone,
        ("company", "partner"): administrators,
        ("apikey", "partner"): administrators,
        ("user", "companies"): everyone,
    }

    got = {}
    for model, field in wanted:
        asked = {"app_label": "companies", "model_name": model, "field_name": field, "term": ""}
        got[model, field] = client.get(reverse("admin:autocomplete"), asked).status_code

    assert got == {fields: 200 if group in groups else 403 for fields, groups in wanted.items()}


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

    call_command("migrate", verbosity=0)  # creates permissions itself, after the groups are filled

    assert groups["Viewer"].permissions.filter(codename="view_invitation").exists()


def test_interrupted_migration_grants_permissions_later(groups, monkeypatch):
    Permission.objects.filter(codename="view_invitation").delete()
    with monkeypatch.context() as interrupted:
        interrupted.setattr("companies.groups.group_permissions", Mock(side_effect=RuntimeError))
        with pytest.raises(RuntimeError):
            fill_groups()

    fill_groups()

    assert groups["Viewer"].permissions.filter(codename="view_invitation").exists()


def test_permissions_are_shown_in_words(client, groups):
    client.force_login(UserFactory())
    page = client.get(reverse("admin:auth_group_change", args=[groups["Viewer"].pk])).content.decode()

    assert ">View staff</option>" in page
    assert ">Add API keys</option>" in page
    for absent in ("log entr", "access attempt", "Delete"):
        assert absent not in page


def test_each_group_includes_the_one_before(groups):
    viewer, inviter, administrator = (set(groups[name].permissions.all()) for name in GROUPS)

    assert viewer < inviter < administrator


def test_no_group_deletes_or_changes_groups(groups):
    codenames = {
        codename for group in groups.values() for codename in group.permissions.values_list("codename", flat=True)
    }

    assert {
        name for name in codenames if name.startswith("delete_") or name.endswith(("_group", "_permission"))
    } == set()
