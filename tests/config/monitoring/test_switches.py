"""Traces and reports of errors are off by default, and say what they need."""

import logging
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.monitoring.reports import is_reported, start_reporting
from config.monitoring.tracing import is_tracing_wanted, start_tracing, tracing

ENDPOINT, DSN = "OTEL_EXPORTER_OTLP_ENDPOINT", "SENTRY_DSN"
EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def test_nothing_is_sent_by_default(monkeypatch):
    for name in (ENDPOINT, DSN, EXPORTER):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    monkeypatch.setitem(sys.modules, EXPORTER, None)

    start_reporting()
    start_tracing()

    assert tracing.tracer is None


@pytest.mark.parametrize(("name", "value"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")])
def test_disabled_sdk_traces_nothing(monkeypatch, name, value):
    monkeypatch.setenv(ENDPOINT, "http://collector")
    assert is_tracing_wanted()
    monkeypatch.setenv(name, value)
    assert not is_tracing_wanted()


@pytest.mark.parametrize(
    ("environment", "missing", "start", "said"),
    [
        ({DSN: "http://public@sentry/1"}, "sentry_sdk", start_reporting, "extra sentry"),
        ({ENDPOINT: "http://collector"}, EXPORTER, start_tracing, "extra otel"),
        ({DSN: "sekret"}, None, start_reporting, "SENTRY_DSN is not the DSN"),
        ({ENDPOINT: "http://collector", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, None, start_tracing, "http/protobuf"),
    ],
)
def test_what_is_missing_is_said(monkeypatch, environment, missing, start, said):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        start()

    assert "sekret" not in str(refused.value)


def test_reports_leave_out_what_strangers_cause():
    loggers = {"latchkey": True, "django.request": True, "django.security.DisallowedHost": False}

    assert {name: is_reported(logging.makeLogRecord({"name": name})) for name in loggers} == loggers
