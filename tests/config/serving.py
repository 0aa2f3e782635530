"""Requests through WSGI, with the signals that manage database connections."""

from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.test import RequestFactory


class Served:
    """A response of the application. `posted` are the values of a form."""

    def __init__(self, path: str, posted: dict[str, Any] | None = None, **headers: str) -> None:
        factory, secret = RequestFactory(), "x" * CSRF_SECRET_LENGTH
        if posted is None:
            environ = factory.get(path, headers=headers).environ
        else:
            factory.cookies[settings.CSRF_COOKIE_NAME] = secret
            environ = factory.post(path, {"csrfmiddlewaretoken": secret} | posted, headers=headers).environ
        answer = WSGIHandler()(environ, self._begin)
        self.body = b"".join(answer)
        answer.close()

    def _begin(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.status = int(status.split(maxsplit=1)[0])
        self.headers = {name.lower(): value for name, value in headers}
