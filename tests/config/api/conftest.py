"""The operations are tried with a test key, because no other key can use all of them."""

import pytest

from companies.models import Company
from tests.factories import CompanyFactory


@pytest.fixture
def company(db: None) -> Company:
    return CompanyFactory.create(is_live=False)
