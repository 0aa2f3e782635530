"""A clock that stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.utils import timezone


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Make `timezone.now()` return `moment`. Defaults of columns in the database are not affected."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: moment)
        yield
