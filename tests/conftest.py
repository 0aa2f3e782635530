"""What every test stands on."""

import pytest

from config.database import start_embedded


def pytest_sessionstart(session: pytest.Session) -> None:
    """The embedded server runs before Django makes its test database, in every process of xdist."""
    start_embedded()
