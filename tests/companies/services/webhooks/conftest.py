import pytest

from tests.companies.services.webhooks.receiver import Receiver
from tests.worker import worker

__all__ = ["worker"]


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    receiver = Receiver(tmp_path_factory.mktemp("receiver"))
    yield receiver
    receiver.stop()
