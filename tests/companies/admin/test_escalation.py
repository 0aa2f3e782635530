"""Nobody makes themselves, or others, mightier than they are."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from companies.exceptions import NotYoursToChange, NotYoursToGrant
from companies.models import User
from companies.services.staff import create_member, may_manage, update_member
from tests.companies.admin.pages import may, words
from tests.factories import CompanyFactory, UserFactory


@pytest.fixture
def staff_of(groups):
    """Makes a member of staff in some groups."""

    def make(*names, **fields):
        user = UserFactory(is_superuser=False, **fields)
        user.groups.set(groups[name] for name in names)
        return user

    return make


@pytest.fixture
def administrator(client, staff_of):
    user = staff_of("Administrator")
    client.force_login(user)
    return user


def fresh(user):
    return User.objects.get(pk=user.pk)


def mighty(groups):
    """Whom an administrator must not become."""
    with_more = may(UserFactory(is_superuser=False), "add_logentry")
    manager = may(UserFactory(is_superuser=False), "change_user")
    peer, switched_off = UserFactory(is_superuser=False), UserFactory(is_superuser=False, is_active=False)
    for user in (peer, switched_off):
        user.groups.add(groups["Administrator"])
    return {
        "a superuser": UserFactory(),
        "a superuser switched off": UserFactory(is_active=False),
        "a peer": peer,
        "an administrator switched off": switched_off,
        "one with a permission more": with_more,
        "one who changes staff": manager,
    }


def test_an_administrator_makes_an_inviter_for_one_company(client, administrator, groups):
    company = CompanyFactory()
    new = {"email": "new@example.com", "name": "New", "password1": "a long word here", "password2": "a long word here"}
    assert client.post(reverse("admin:companies_user_add"), new).status_code == 302
    user = User.objects.get(email="new@example.com")
    sent = {
        "email": user.email,
        "name": "New",
        "is_active": "on",
        "is_staff": "on",
        "groups": [groups["Inviter"].pk],
        "is_limited": "on",
        "companies": [company.pk],
    }
    assert client.post(reverse("admin:companies_user_change", args=[user.pk]), sent).status_code == 302

    user = fresh(user)
    assert list(user.groups.all()) == [groups["Inviter"]]
    assert user.company_limit == {company.pk}
    assert (user.is_superuser, user.is_staff) == (False, True)


@pytest.mark.parametrize("field", ["is_superuser", "user_permissions"])
def test_an_administrator_is_not_offered_what_only_superusers_give(client, administrator, staff_of, field):
    user = staff_of("Viewer")
    address = reverse("admin:companies_user_change", args=[user.pk])
    sent = {"email": user.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    sent["user_permissions"] = [Permission.objects.get(codename="change_user").pk]

    assert f'name="{field}"' not in words(client.get(address))
    client.post(address, sent)

    assert (fresh(user).is_superuser, fresh(user).user_permissions.exists()) == (False, False)


def test_an_administrator_gives_no_group_that_reaches_further(client, administrator, staff_of, groups):
    user, further = staff_of("Viewer"), Group.objects.create(name="Further")
    further.permissions.add(Permission.objects.get(codename="delete_partner"))
    address = reverse("admin:companies_user_change", args=[user.pk])
    offered = {
        pk for (pk,) in client.get(address).context["adminform"].form.fields["groups"].queryset.values_list("pk")
    }
    assert groups["Viewer"].pk in offered
    assert not offered & {further.pk, groups["Administrator"].pk}

    for group in (further, groups["Administrator"]):
        sent = {"email": user.email, "is_active": "on", "is_staff": "on", "groups": [group.pk]}
        assert client.post(address, sent).context["adminform"].form.errors["groups"]

    assert list(fresh(user).groups.all()) == [groups["Viewer"]]


def test_an_administrator_changes_nobody_mightier_nor_their_password(client, administrator, groups):
    for who, user in mighty(groups).items():
        sent = {"email": "mine@example.com", "is_active": "on", "is_staff": "on"}
        password = {"password1": "another long word", "password2": "another long word", "set-password": "x"}
        change = client.post(reverse("admin:companies_user_change", args=[user.pk]), sent)
        changed = client.post(reverse("admin:auth_user_password_change", args=[user.pk]), password)

        assert (change.status_code, changed.status_code) == (403, 403), who
        assert fresh(user).email == user.email, who
        assert fresh(user).check_password("correct horse battery"), who


def test_an_administrator_does_not_change_themselves(client, administrator):
    sent = {"email": administrator.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    assert client.post(reverse("admin:companies_user_change", args=[administrator.pk]), sent).status_code == 403
    assert not fresh(administrator).is_superuser


@pytest.mark.parametrize("group", ["Viewer", "Inviter"])
def test_viewers_and_inviters_manage_nobody(client, staff_of, group):
    user, other = staff_of(group), staff_of()
    client.force_login(user)

    assert client.get(reverse("admin:companies_user_changelist")).status_code == 403
    assert client.get(reverse("admin:companies_user_add")).status_code == 403
    assert client.post(reverse("admin:companies_user_change", args=[other.pk]), {}).status_code == 403
    assert not may_manage(user, other)


def test_an_administrator_who_is_limited_manages_nobody(client, staff_of):
    """They could lift the limit of another and be them."""
    limited, other = staff_of("Administrator", is_limited=True), staff_of()
    client.force_login(limited)

    assert client.get(reverse("admin:companies_user_changelist")).status_code == 403
    assert client.get(reverse("admin:companies_user_add")).status_code == 403
    assert client.post(reverse("admin:companies_user_change", args=[other.pk]), {}).status_code == 403
    with pytest.raises(NotYoursToChange):
        create_member(by=limited, email="new@example.com", password="a long word here")


@pytest.mark.parametrize("group", ["Viewer", "Inviter", "Administrator"])
def test_groups_are_changed_by_superusers_only(client, staff_of, groups, group):
    user = staff_of(group)
    may(user, "add_group", "change_group", "view_group", "delete_group")
    client.force_login(user)

    assert client.get(reverse("admin:auth_group_changelist")).status_code == 403
    assert client.get(reverse("admin:auth_group_add")).status_code == 403
    sent = {"name": group, "permissions": list(Permission.objects.values_list("pk", flat=True))}
    assert client.post(reverse("admin:auth_group_change", args=[groups[group].pk]), sent).status_code == 403


def test_the_service_refuses_what_a_page_would_not_send(staff_of, groups):
    administrator, user = staff_of("Administrator"), staff_of("Viewer")

    for refused in (
        {"is_superuser": True},
        {"user_permissions": []},
        {"groups": [groups["Administrator"]]},
        {"groups": [groups["Viewer"], groups["Administrator"]]},
    ):
        with pytest.raises(NotYoursToGrant):
            update_member(user, by=administrator, **refused)
    for target in mighty(groups).values():
        with pytest.raises(NotYoursToChange):
            update_member(target, by=administrator, name="Mine")

    assert (fresh(user).is_superuser, list(fresh(user).groups.all())) == (False, [groups["Viewer"]])


def test_somebody_promoted_meanwhile_is_not_changed_from_an_old_page(staff_of):
    administrator, user = staff_of("Administrator"), staff_of("Viewer")
    User.objects.filter(pk=user.pk).update(is_superuser=True)

    with pytest.raises(NotYoursToChange):
        update_member(user, by=administrator, email="mine@example.com")


def test_a_superuser_changes_everybody(client, groups):
    client.force_login(UserFactory())
    for who, user in mighty(groups).items():
        sent = {"email": user.email, "name": "Renamed", "is_active": "on", "is_staff": "on"}
        answer = client.post(reverse("admin:companies_user_change", args=[user.pk]), sent)
        assert answer.status_code == 302, who
        assert fresh(user).name == "Renamed", who
