"""WSGI environ (PEP 3333) of an ASGI request."""

import sys
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]

# nothing of the process's environment: a variable `HTTP_X_API_KEY` would be taken for a header
SAME_FOR_ALL: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
WITHOUT_PREFIX = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
# clients choose the names, of up to 64 KiB: a full cache of those would take 130 MB
MAX_CACHED_LENGTH = 50


def make_environ(scope: dict[str, Any]) -> Environ:
    """Return the environ without the body.

    Headers with an underscore in their name are dropped: the environ cannot tell `X_Forwarded_For`, which proxies pass
    on, from `X-Forwarded-For`, which they set.
    """
    server, port = scope["server"]
    environ = SAME_FOR_ALL | {
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REMOTE_ADDR": scope["client"][0],
        "SERVER_NAME": server,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.url_scheme": scope["scheme"],
    }
    for name, value in scope["headers"]:
        if b"_" not in name:
            _add_header(environ, name, value.decode("latin-1"))
    return environ


def _add_header(environ: Environ, name: bytes, value: str) -> None:
    """Add a header. Repeated headers become a list (RFC 9110, 5.3), repeated cookies one header (RFC 9113, 8.2.3)."""
    key = _cached_key(name) if len(name) <= MAX_CACHED_LENGTH else _key(name)
    if key in environ:
        value = f"{environ[key]}{'; ' if name == b'cookie' else ','}{value}"
    environ[key] = value


def _key(name: bytes) -> str:
    return WITHOUT_PREFIX.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")


_cached_key = lru_cache(1000)(_key)
