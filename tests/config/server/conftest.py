from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from bench.servers import running
from tests.database import database_url

Address = tuple[str, int]

THREADS = 1


@pytest.fixture(scope="module")
def address(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Host and port of the web server on the test database, with one process of one thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database_url())
        log = tmp_path_factory.mktemp("server") / "server.log"
        with running("config.settings", log, workers=1, threads=THREADS) as url:
            place = urlsplit(url)
            yield str(place.hostname), int(place.port or 0)


@pytest.fixture
def server(address: Address, transactional_db: None) -> Address:
    """The server, while the rows of the test are committed."""
    return address
