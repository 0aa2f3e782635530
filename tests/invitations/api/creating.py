"""Creation of invitations through the API, and limits of its fields."""

from typing import Any

from companies.models import Company
from tests.conftest import Api

TEN_YEARS = 3650 * 24 * 60 * 60
HUNDRED = [f"person{number}@example.com" for number in range(100)]


def create(api: Api, company: Company, body: Any = None, **headers: str) -> Any:
    return api.post(f"invitation/company/{company.pk}", body, **headers)
