"""WSGI environ of an ASGI request."""

from config.server import environ as module
from config.server.environ import make_environ


def environ_of(path: bytes = b"/", headers: list[tuple[bytes, bytes]] | None = None):
    return make_environ(
        {
            "method": "GET",
            "scheme": "http",
            "http_version": "1.1",
            "raw_path": path,
            "query_string": b"a=%C3%A4",
            "client": ("203.0.113.7", 50123),
            "server": ("127.0.0.1", 8000),
            "headers": headers or [],
        }
    )


def test_path_is_decoded_once():
    paths = {b"/a%2520b": "/a%20b", b"/caf%C3%A9": "/caf\xc3\xa9", b"/%ff": "/\xff", b"//a": "//a"}

    assert {path: environ_of(path)["PATH_INFO"] for path in paths} == paths


def test_headers_become_variables():
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"5"), (b"x-api-key", b"k\xe9")]

    environ = environ_of(headers=headers)

    assert {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_X_API_KEY")} == {
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "5",
        "HTTP_X_API_KEY": "k\xe9",
    }
    assert (environ["REMOTE_ADDR"], environ["QUERY_STRING"]) == ("203.0.113.7", "a=%C3%A4")


def test_header_names_with_underscore_are_dropped(monkeypatch):
    monkeypatch.setenv("HTTP_X_API_KEY", "from the environment")
    headers = [(b"x_forwarded_for", b"192.0.2.1"), (b"x-forwarded-for", b"203.0.113.9"), (b"x_api_key", b"stolen")]

    environ = environ_of(headers=headers)

    assert {name: value for name, value in environ.items() if name.startswith("HTTP_")} == {
        "HTTP_X_FORWARDED_FOR": "203.0.113.9"
    }


def test_repeated_headers_are_joined():
    headers = [(b"x-forwarded-for", b"a"), (b"cookie", b"a=1"), (b"x-forwarded-for", b"b"), (b"cookie", b"b=2")]

    environ = environ_of(headers=headers)

    assert (environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_COOKIE"]) == ("a,b", "a=1; b=2")


def test_long_header_names_are_not_cached():
    headers = [(b"x-" + b"a" * 60_000, b"1"), (b"x-api-key", b"2")]
    module._cached_key.cache_clear()

    environ = environ_of(headers=headers)

    assert (environ["HTTP_X_" + "A" * 60_000], environ["HTTP_X_API_KEY"]) == ("1", "2")
    assert module._cached_key.cache_info().currsize == 1
