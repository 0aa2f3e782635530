"""Members of staff."""

from django.urls import reverse

from companies.models import User
from tests.companies.admin.pages import words
from tests.factories import UserFactory


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
    new = {"password1": "another long word", "password2": "another long word"}

    assert admin_client.post(address, new).status_code == 302

    user.refresh_from_db()
    assert user.check_password("another long word")


def test_the_pages_to_change_ones_password_lead_to_the_second_factor_too(admin_client):
    for name in ("password_change", "password_change_done"):
        shown = words(admin_client.get(reverse(f"admin:{name}")))
        assert f'<a href="{reverse("admin:second_factor")}">' in shown


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
