"""Database, clients and logs of all tests."""

import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from pytest_django.plugin import blocking_manager_key

from companies.models import Company
from tests.config.api.documented_errors import check_documented
from tests.database import flush_by_delete, start_server, use_template
from tests.factories import CompanyFactory, make_api_key, make_full_key
from tests.secrecy import no_secret_in_the_log

__all__ = ["no_secret_in_the_log"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the embedded server and create the test database from a template, in every process of xdist."""
    start_server()
    # the default takes a third of a second for each password
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # each test client loads the middleware again: do not list all static files each time
    settings.WHITENOISE_AUTOREFRESH = True
    # longer than in production, because the machine may be busy
    settings.DATABASES["default"]["OPTIONS"]["connect_timeout"] = 60
    with session.config.stash[blocking_manager_key].unblock():
        use_template(create=not hasattr(session.config, "workerinput"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector the modules and tests, which stay to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        flush_by_delete()


@pytest.fixture
def live_server(live_server: Any, transactional_db: None) -> Iterator[Any]:
    """Answer every request before the tables are emptied, even if its client has gone."""
    busy: set[threading.Thread] = set()

    def begin(**_: Any) -> None:
        busy.add(threading.current_thread())

    def end(**_: Any) -> None:
        busy.discard(threading.current_thread())

    request_started.connect(begin)
    request_finished.connect(end)
    yield live_server
    deadline = time.monotonic() + 60
    while busy - {threading.main_thread()} and time.monotonic() < deadline:
        time.sleep(0.01)
    request_started.disconnect(begin)
    request_finished.disconnect(end)


class ApiClient(Client):
    """Fails for responses that the OpenAPI document does not describe."""

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        response = super().generic(method, path, *args, **kwargs)
        check_documented(method.lower(), path.partition("?")[0], response)
        return response


class Api:
    """A partner system: sends JSON and its API key."""

    def __init__(self, key: str | None) -> None:
        self.client = ApiClient(headers={} if key is None else {"X-API-KEY": key})

    def get(self, path: str, query: Any = None) -> Any:
        return self.client.get(f"/v2/{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send(self.client.post, path, body, headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send(self.client.delete, path, body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._send(self.client.patch, path, body, headers)

    @staticmethod
    def _send(method: Any, path: str, body: Any, headers: dict[str, str]) -> Any:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return method(f"/v2/{path}", {} if body is None else body, content_type="application/json", headers=names)


@pytest.fixture
def company(db: None) -> Company:
    return CompanyFactory.create()


@pytest.fixture
def api(company: Company) -> Api:
    """Client of the company's partner."""
    return Api(make_api_key(company.partner, is_live=company.is_live)[1])


@pytest.fixture
def stranger(db: None) -> Api:
    """Client of another partner, with all scopes."""
    return Api(make_full_key(CompanyFactory.create())[1])
