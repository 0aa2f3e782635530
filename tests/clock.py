"""A clock that stands still, for what is told by the second."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.utils import timezone


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Whoever asks Django for the time is told `moment`, however long it takes; what a row has by default goes on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: moment)
        yield
