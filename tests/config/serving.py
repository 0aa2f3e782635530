"""Requests through WSGI, with the signals that manage database connections."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory


class Served:
    """A response of the application."""

    def __init__(self, path: str, **headers: str) -> None:
        environ = RequestFactory().get(path, headers=headers).environ
        answer = WSGIHandler()(environ, self._begin)
        self.body = b"".join(answer)
        answer.close()

    def _begin(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.status = int(status.split(maxsplit=1)[0])
        self.headers = {name.lower(): value for name, value in headers}
