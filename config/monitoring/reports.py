"""Reports of errors for Sentry: each line of the log at level ERROR. `SENTRY_DSN` switches them on.

A report is made anew of the parts that are named here. It has no message of an exception, no values of a log line, no
local variable, and nothing of the request but its route and id: by this id, the log has the redacted message.
"""

import logging
import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.redaction import redact_line
from config.request_id import request_id

KEPT = ("event_id", "timestamp", "level", "logger", "platform", "environment", "release", "server_name", "sdk")
KEPT_OF_FRAME = (
    *("filename", "abs_path", "function", "module", "lineno", "in_app"),
    *("context_line", "pre_context", "post_context"),
)
# their messages are constants in the code, with values apart (ruff, G004); others write values into the message
OUR_LOGGERS = ("latchkey", "django")

Report = dict[str, Any]


def start_reporting() -> None:
    """Begin to report errors. Raises `ImproperlyConfigured` without the extra `sentry`, or for a wrong DSN."""
    if not os.environ.get("SENTRY_DSN"):
        return
    try:
        import sentry_sdk  # noqa: PLC0415
        from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415
        from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415
        from sentry_sdk.integrations.logging import EventHandler  # noqa: PLC0415
        from sentry_sdk.utils import BadDsn  # noqa: PLC0415
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN needs the extra sentry.") from error
    options: dict[str, Any] = {
        # the others collect requests, SQL, variables and modules
        "default_integrations": False,
        "auto_enabling_integrations": False,
        "integrations": [DedupeIntegration(), ExcepthookIntegration()],
        "before_send": cleaned,
        "max_breadcrumbs": 0,
        "include_local_variables": False,
        "max_request_body_size": "never",
        "auto_session_tracking": False,
    }
    try:
        sentry_sdk.init(**options)
    except BadDsn:
        raise ImproperlyConfigured("SENTRY_DSN is not the DSN of a Sentry project.") from None
    handler = EventHandler(level=logging.ERROR)
    handler.addFilter(is_reported)
    logging.getLogger().addHandler(handler)


def is_reported(record: logging.LogRecord) -> bool:
    """False for forged hosts and the like: a stranger could cause any number of reports."""
    return not record.name.startswith("django.security.")


def cleaned(event: Any, hint: dict[str, Any]) -> Any:
    """Return the report with the parts that contain no value of a user."""
    record: logging.LogRecord | None = hint.get("log_record")
    report: Report = {name: event[name] for name in KEPT if name in event}
    report["exception"] = {"values": [_exception(each) for each in event.get("exception", {}).get("values", [])]}
    report["tags"] = {name: value for name, value in _tags(record).items() if value}
    if record and record.name.partition(".")[0] in OUR_LOGGERS and isinstance(record.msg, str):
        report["logentry"] = {"message": redact_line(record.msg)}
    if route := report["tags"].get("route"):
        report["transaction"] = route
    return report


def _exception(value: Report) -> Report:
    """Return class and stack. Source lines are our code."""
    frames = value.get("stacktrace", {}).get("frames", [])
    kept = [{name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames]
    return {"type": value.get("type"), "module": value.get("module"), "stacktrace": {"frames": kept}}


def _tags(record: logging.LogRecord | None) -> dict[str, str | None]:
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    job: dict[str, Any] = getattr(record, "job", None) or {}
    return {
        "request_id": request_id.get(),
        "route": f"/{match.route}" if match else None,
        "task": getattr(record, "task", None) or job.get("task_name"),
    }
