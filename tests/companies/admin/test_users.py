from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from companies.models import User
from tests.companies.admin.pages import may, words
from tests.companies.staff import superiors
from tests.factories import CompanyFactory, UserFactory

PASSWORD = "a long word here"
NEW = {"email": "New@Example.com", "name": "New", "password1": PASSWORD, "password2": PASSWORD}
ADD = "admin:companies_user_add"


def change_url(user):
    return reverse("admin:companies_user_change", args=[user.pk])


def password_url(user):
    return reverse("admin:auth_user_password_change", args=[user.pk])


def fresh(user):
    return User.objects.get(pk=user.pk)


def form_errors(response):
    return response.context["adminform"].form.errors


def test_new_member_logs_in(admin_client, client):
    admin_client.post(reverse(ADD), NEW)

    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, user.is_superuser) == (True, False)
    client.logout()
    login = {"username": "new@example.com", "password": PASSWORD}
    assert client.post(reverse("admin:login"), login).status_code == 302


def test_new_member_needs_free_email(admin_client):
    UserFactory(email="taken@example.com")

    assert "email" in form_errors(admin_client.post(reverse(ADD), NEW | {"email": "TAKEN@example.com"}))


def test_new_member_needs_strong_password(admin_client):
    response = admin_client.post(reverse(ADD), NEW | {"password1": "short", "password2": "short"})

    assert "password2" in form_errors(response)
    assert not User.objects.filter(email="new@example.com").exists()


def test_administrator_sets_password(admin_client):
    user = UserFactory()

    assert admin_client.post(password_url(user), {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    assert fresh(user).check_password(PASSWORD)


def test_unusable_password_is_refused(admin_client):
    user = UserFactory()

    assert admin_client.post(password_url(user), {"set-password": "x"}).status_code == 200
    assert admin_client.post(password_url(user), {"usable_password": "false", "unset-password": "x"}).status_code == 200
    assert fresh(user).has_usable_password()


def test_password_pages_link_second_factor(admin_client):
    for name in ("password_change", "password_change_done"):
        shown = words(admin_client.get(reverse(f"admin:{name}")))
        assert f'<a href="{reverse("admin:second_factor")}">' in shown


def test_page_shows_no_password_hash(admin_client, staff):
    shown = words(admin_client.get(change_url(staff)))

    assert "pbkdf2" not in shown
    assert staff.password not in shown


def test_deactivation_ends_sessions(admin_client, client):
    user = UserFactory()
    admin_client.post(change_url(user), {"email": user.email, "name": user.name, "is_staff": "on"})

    client.force_login(user)
    assert client.get(reverse("admin:index")).status_code == 302


def test_administrator_creates_limited_inviter(client, staff_of, groups):
    client.force_login(staff_of("Administrator"))
    company = CompanyFactory()
    assert client.post(reverse(ADD), NEW).status_code == 302
    user = User.objects.get(email="new@example.com")
    sent = {"email": user.email, "name": "New", "is_active": "on", "is_staff": "on", "groups": [groups["Inviter"].pk]}
    sent |= {"is_limited": "on", "companies": [company.pk]}
    assert client.post(change_url(user), sent).status_code == 302

    assert list(fresh(user).groups.all()) == [groups["Inviter"]]
    assert fresh(user).company_limit == {company.pk}
    assert (fresh(user).is_superuser, fresh(user).is_staff) == (False, True)


def test_administrator_cannot_grant_superuser_fields(client, staff_of):
    client.force_login(staff_of("Administrator"))
    user = staff_of("Viewer")
    sent = {"email": user.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    sent["user_permissions"] = [Permission.objects.get(codename="change_user").pk]
    shown = words(client.get(change_url(user)))
    client.post(change_url(user), sent)

    assert [field for field in ("is_superuser", "user_permissions") if f'name="{field}"' in shown] == []
    assert (fresh(user).is_superuser, fresh(user).user_permissions.exists()) == (False, False)


def test_administrator_cannot_grant_further_group(client, staff_of, groups):
    client.force_login(staff_of("Administrator"))
    user, further = staff_of("Viewer"), Group.objects.create(name="Further")
    further.permissions.add(Permission.objects.get(codename="delete_partner"))
    offered = set(client.get(change_url(user)).context["adminform"].form.fields["groups"].queryset)
    assert groups["Viewer"] in offered
    assert not offered & {further, groups["Administrator"]}

    for group in (further, groups["Administrator"]):
        sent = {"email": user.email, "is_active": "on", "is_staff": "on", "groups": [group.pk]}
        assert form_errors(client.post(change_url(user), sent))["groups"]
    assert list(fresh(user).groups.all()) == [groups["Viewer"]]


def test_superiors_pages_are_forbidden(client, staff_of, groups):
    administrator = staff_of("Administrator")
    client.force_login(administrator)
    before = superiors(groups) | {"themselves": administrator}
    sent = {"email": "mine@example.com", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    password = {"password1": PASSWORD, "password2": PASSWORD, "set-password": "x"}

    answers = {
        who: [client.post(change_url(user), sent).status_code, client.post(password_url(user), password).status_code]
        for who, user in before.items()
    }

    assert answers == {who: [403, 403] for who in before}
    for who, user in before.items():
        now = fresh(user)
        assert (now.email, now.password, now.is_superuser) == (user.email, user.password, user.is_superuser), who


def test_other_members_see_no_staff_pages(client, staff_of):
    other = staff_of()
    for user in (staff_of("Viewer"), staff_of("Inviter"), staff_of("Administrator", is_limited=True)):
        client.force_login(user)
        answers = [
            client.get(reverse("admin:companies_user_changelist")),
            client.get(reverse(ADD)),
            client.post(change_url(other), {}),
        ]
        assert [answer.status_code for answer in answers] == [403] * 3, user


def test_superuser_changes_every_member(client, groups):
    client.force_login(UserFactory())
    for who, user in superiors(groups).items():
        sent = {"email": user.email, "name": "Renamed", "is_active": "on", "is_staff": "on"}
        assert client.post(change_url(user), sent).status_code == 302, who
        assert fresh(user).name == "Renamed", who


def test_groups_belong_to_superusers(client, staff_of, groups):
    sent = {"name": "x", "permissions": list(Permission.objects.values_list("pk", flat=True))}
    for name, group in groups.items():
        user = may(staff_of(name), "add_group", "change_group", "view_group", "delete_group")
        client.force_login(user)
        answers = [
            client.get(reverse("admin:auth_group_changelist")),
            client.get(reverse("admin:auth_group_add")),
            client.post(reverse("admin:auth_group_change", args=[group.pk]), sent),
        ]
        assert [answer.status_code for answer in answers] == [403] * 3, name
