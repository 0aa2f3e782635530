import pytest

from companies.exceptions import NotYoursToChange, NotYoursToGrant
from companies.models import User
from companies.services.staff import create_member, may_manage, update_member
from config.exceptions import InvalidField
from tests.companies.staff import superiors
from tests.factories import UserFactory


def test_grants_beyond_own_are_refused(staff_of, groups):
    administrator, user = staff_of("Administrator"), staff_of("Viewer")
    for changes in (
        {"is_superuser": True},
        {"user_permissions": []},
        {"groups": [groups["Administrator"]]},
        {"groups": [groups["Viewer"], groups["Administrator"]]},
    ):
        with pytest.raises(NotYoursToGrant):
            update_member(user, by=administrator, **changes)

    user = User.objects.get(pk=user.pk)
    assert (user.is_superuser, list(user.groups.all())) == (False, [groups["Viewer"]])


def test_superiors_cannot_be_managed(staff_of, groups):
    administrator = staff_of("Administrator")
    others = {"themselves": administrator} | superiors(groups)

    assert {who for who, user in others.items() if may_manage(administrator, user)} == set()
    for user in others.values():
        with pytest.raises(NotYoursToChange):
            update_member(user, by=administrator, name="Mine")
    assert may_manage(administrator, staff_of("Inviter"))


def test_sessions_end_with_permission_to_log_in(client, staff_of):
    chief, user = UserFactory(), staff_of("Viewer")
    for name in ("is_active", "is_staff"):
        client.force_login(user)
        for value in (False, True):
            update_member(user, by=chief, **{name: value})
            assert client.get("/admin/").status_code == 302


def test_superuser_manages_every_member(groups):
    chief = UserFactory()

    assert all(may_manage(chief, user) for user in superiors(groups).values())


def test_limited_and_plain_members_cannot_manage(staff_of):
    """A limited administrator could lift the limit of another member and become them."""
    other = staff_of()
    for user in (staff_of("Viewer"), staff_of("Inviter"), staff_of("Administrator", is_limited=True)):
        assert not may_manage(user, other)
        with pytest.raises(NotYoursToChange):
            create_member(by=user, email="new@example.com", password="a long word here")


def test_promotion_meanwhile_refuses_old_page(staff_of):
    administrator, user = staff_of("Administrator"), staff_of("Viewer")
    User.objects.filter(pk=user.pk).update(is_superuser=True)

    with pytest.raises(NotYoursToChange):
        update_member(user, by=administrator, email="mine@example.com")


def test_member_name_is_one_line(db):
    chief, mary = UserFactory(), UserFactory()
    for name in ("x" * 151, "Mary\nBcc: a"):
        for act in (
            lambda name: create_member(by=chief, email="a@example.com", password="x", name=name),
            lambda name: update_member(mary, by=chief, name=name),
        ):
            with pytest.raises(InvalidField) as error:
                act(name)
            assert error.value.field == ("name",)
    assert User.objects.count() == 2
    assert update_member(mary, by=chief, name="").name == ""


def test_taken_email_is_refused(db):
    chief, mary = UserFactory(), UserFactory()
    for act in (
        lambda: create_member(by=chief, email=mary.email.upper(), password="x"),
        lambda: update_member(chief, by=chief, email=mary.email),
    ):
        with pytest.raises(InvalidField) as error:
            act()
        assert error.value.field == ("email",)
