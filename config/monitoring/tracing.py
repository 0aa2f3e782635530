"""Traces for OpenTelemetry: spans of requests, statements and jobs. `OTEL_EXPORTER_OTLP_ENDPOINT` switches them on.

Spans are made here, not by instrumentation libraries: those send paths, client addresses and messages of exceptions. A
span has only what this module and its callers name: no value of a user, and SQL without its parameters.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.signals import connection_created

from config.redaction import redact_line

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
MAX_SQL_LENGTH = 4000
MAX_JOB_IDS = 20


class Tracing:
    """Tracer of this process, and its provider, which sends the spans. Without one, there are no spans."""

    provider: "TracerProvider | None" = None
    tracer: "Tracer | None" = None


tracing = Tracing()


def is_tracing_wanted() -> bool:
    is_disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    is_disabled |= os.environ.get("OTEL_TRACES_EXPORTER", "") == "none"
    return not is_disabled and any(os.environ.get(name) for name in ENDPOINTS)


def start_tracing() -> None:
    """Begin to send spans, once for each process. Raises `ImproperlyConfigured` without the extra `otel`."""
    if tracing.tracer or not is_tracing_wanted():
        return
    if any(os.environ.get(name, "http/protobuf") != "http/protobuf" for name in PROTOCOLS):
        raise ImproperlyConfigured("OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf.")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise ImproperlyConfigured("OTEL_EXPORTER_OTLP_ENDPOINT needs the extra otel.") from error
    os.environ.setdefault("OTEL_SERVICE_NAME", "latchkey")
    tracing.provider = TracerProvider(resource=Resource.create())
    tracing.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracing.tracer = tracing.provider.get_tracer("latchkey")
    connection_created.connect(_trace_statements)


@contextmanager
def span(
    name: str, kind: str, *, expected: tuple[type[Exception], ...] = (), **attributes: str | int
) -> "Iterator[Span | None]":
    """Open a span, or none. `kind` is a name in `SpanKind`; a `__` in names of attributes is a dot.

    An exception marks it as failed, unless it is `expected`.
    """
    if tracing.tracer is None:
        yield None
        return
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    with tracing.tracer.start_as_current_span(
        name,
        kind=SpanKind[kind],
        attributes={key.replace("__", "."): value for key, value in attributes.items()},
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield opened
        except BaseException as error:
            if not isinstance(error, expected):
                note_error(error)
                mark_failed(opened)
            raise


def note_jobs(task: str, ids: Sequence[int]) -> None:
    """Note jobs that the current span queued. Their own spans have the same ids."""
    if tracing.tracer is not None:
        from opentelemetry.trace import get_current_span  # noqa: PLC0415

        attributes = {"job.task": task, "job.ids": [str(number) for number in ids[:MAX_JOB_IDS]]}
        get_current_span().add_event("jobs queued", attributes)


def note_error(error: BaseException) -> None:
    """Note the class of an exception in the current span. Its message may contain anything."""
    from opentelemetry.trace import get_current_span  # noqa: PLC0415

    get_current_span().set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")


def mark_failed(opened: "Span") -> None:
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

    opened.set_status(Status(StatusCode.ERROR))


def _trace_statements(connection: Any, **kwargs: Any) -> None:
    connection.execute_wrappers.append(_trace_statement)


def _trace_statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Open a span for a statement of a traced request or job. Other statements would be traces of one span."""
    from opentelemetry.trace import get_current_span  # noqa: PLC0415

    if not get_current_span().is_recording():
        return execute(sql, params, many, context)
    text = redact_line(str(sql))[:MAX_SQL_LENGTH]
    with span(text.split(maxsplit=1)[0], "CLIENT", db__system__name="postgresql", db__query__text=text):
        return execute(sql, params, many, context)
