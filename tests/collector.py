"""A receiver of OpenTelemetry's spans and Sentry's envelopes, for tests."""

import gzip
import logging
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sentry_sdk
from django.db import connection
from django.db.backends.signals import connection_created
from sentry_sdk.integrations.logging import EventHandler

from config.monitoring import tracing
from config.monitoring.reports import start_reporting

DECODERS: dict[str | None, Any] = {None: bytes, "gzip": gzip.decompress, "deflate": zlib.decompress}


class Collector(ThreadingHTTPServer):
    """Keeps every request: its line, headers and decompressed body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: dict[str, list[bytes]] = {}

    @property
    def everything(self) -> bytes:
        return b"\n".join(part for parts in self.received.values() for part in parts)


class Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = DECODERS[self.headers["Content-Encoding"]](body)
        self.server.received.setdefault(self.path, []).append(f"{self.requestline}\n{self.headers}\n".encode() + body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def collecting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Send spans and reports of this process to a collector. It has all of them after `flush`."""
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{collector.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{host}")
        monkeypatch.setenv("SENTRY_DSN", f"http://public@{host}/1")
        tracing.start_tracing()
        tracing._trace_statements(connection)  # it is open already
        start_reporting()
        try:
            yield collector
        finally:
            stop()
            collector.shutdown()


def flush() -> None:
    """Wait until all spans and reports have arrived."""
    assert tracing.tracing.provider
    tracing.tracing.provider.force_flush()
    sentry_sdk.flush()


def stop() -> None:
    """Let this process send nothing again."""
    assert tracing.tracing.provider
    tracing.tracing.provider.shutdown()
    tracing.tracing.provider = tracing.tracing.tracer = None
    connection_created.disconnect(tracing._trace_statements)
    if tracing._trace_statement in connection.execute_wrappers:
        connection.execute_wrappers.remove(tracing._trace_statement)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, EventHandler)]:
        root.removeHandler(handler)
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
