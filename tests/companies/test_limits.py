"""Members of staff who see only certain companies."""

from companies.models import Company, User
from tests.factories import CompanyFactory, UserFactory


def open_to(user: User) -> set[Company]:
    return set(Company.objects.within(User.objects.get(pk=user.pk).company_limit))


def test_all_companies_are_open_to_a_member_of_staff(company: Company) -> None:
    assert open_to(UserFactory.create(is_superuser=False)) == {company}


def test_a_limited_member_sees_the_chosen_companies_only(company: Company) -> None:
    CompanyFactory.create()
    user = UserFactory.create(is_superuser=False, is_limited=True)
    user.companies.add(company)

    assert open_to(user) == {company}


def test_a_limited_member_without_a_chosen_company_sees_none(company: Company) -> None:
    assert open_to(UserFactory.create(is_superuser=False, is_limited=True)) == set()


def test_a_superuser_is_never_limited(company: Company) -> None:
    assert open_to(UserFactory.create(is_limited=True)) == {company}
