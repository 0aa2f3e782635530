import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction

from companies.models import Company, User
from tests.factories import CompanyFactory, UserFactory


def test_login_ignores_case_of_email(db, rf):
    User.objects.create_user(" Anna@Example.com ", "correct horse battery")

    assert User.objects.get().email == "anna@example.com"
    assert authenticate(rf.post("/"), username="ANNA@example.COM", password="correct horse battery")
    assert authenticate(rf.post("/"), username="anna@example.com", password="another") is None


def test_database_keeps_emails_in_lower_case(db):
    user = User.objects.create_user("anna@example.com")

    with pytest.raises(IntegrityError, match="user_email_is_lower_case"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(email="Anna@example.com")


def test_only_create_superuser_grants_everything(db):
    chief = User.objects.create_superuser("chief@example.com", "correct horse battery")
    other = User.objects.create_user("other@example.com", "correct horse battery")

    assert (chief.is_staff, chief.is_superuser) == (True, True)
    assert (other.is_staff, other.is_superuser) == (True, False)


def test_user_without_name_shows_email():
    assert str(User(email="anna@example.com")) == "anna@example.com"
    assert str(User(email="anna@example.com", name="Anna")) == "Anna"


def test_company_limit_narrows_companies(company):
    CompanyFactory.create()
    limited = UserFactory.create(is_superuser=False, is_limited=True)
    limited.companies.add(company)
    users = {
        "unlimited": (UserFactory.create(is_superuser=False), set(Company.objects.all())),
        "limited": (limited, {company}),
        "limited to none": (UserFactory.create(is_superuser=False, is_limited=True), set()),
        "superuser": (UserFactory.create(is_limited=True), set(Company.objects.all())),
    }

    got = {
        name: set(Company.objects.within(User.objects.get(pk=user.pk).company_limit))
        for name, (user, _) in users.items()
    }

    assert got == {name: wanted for name, (_, wanted) in users.items()}
