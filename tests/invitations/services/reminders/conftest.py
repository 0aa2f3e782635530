from datetime import UTC

import pytest
from django.utils import timezone

from tests.clock import stopped_at


@pytest.fixture(autouse=True)
def morning():
    """It is ten o'clock in UTC, the zone of the company."""
    with stopped_at(timezone.now().astimezone(UTC).replace(hour=10, minute=0)):
        yield timezone.now()
