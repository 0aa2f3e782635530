from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from bench.servers import running
from tests.database import database_url
from tests.secrecy import KNOWN

Address = tuple[str, int]

THREADS = 1
KEY = "lk_server00_of-the-test-of-the-real-server"
KNOWN.note(KEY)


@pytest.fixture(scope="module")
def address(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Host and port of the web server on the test database, with one process of one thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database_url())
        patch.setenv("TRUSTED_PROXIES", "1")
        patch.setenv("HTTP_X_API_KEY", KEY)  # must not be taken for a header
        log = tmp_path_factory.mktemp("server") / "server.log"
        with running("config.server", log, workers=1, threads=THREADS) as server:
            place = urlsplit(server.url)
            yield str(place.hostname), int(place.port or 0)


@pytest.fixture
def server(address: Address, transactional_db: None) -> Address:
    """The server, while the rows of the test are committed."""
    return address
