"""Redaction of secrets and email addresses in logs and error reports.

It happens where text leaves the process, so that callers need not remember it. Email addresses are no secrets, but
their owners did not ask to be in a log.
"""

import logging
import re
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter
from pythonjsonlogger.orjson import OrjsonFormatter

from config.request_id import request_id

REDACTED = "[redacted]"
# an escape of JSON is a word of its own, so that it stays whole
WORD = re.compile(r"""\\u[0-9a-f]{4}|\\.|[^\s"'<>()\[\],:;=\\]+""")
AT = re.compile("((?:@|%40)+)")
DOMAIN = re.compile("[^/?&]*")

_secrets: list[tuple[re.Pattern[str], str]] = []


def register_secret(pattern: str, replacement: str = REDACTED) -> None:
    """Redact matches of `pattern`. Apps call this in `AppConfig.ready`.

    Every line is searched: a pattern that begins with plain text takes a tenth of the time.
    """
    _secrets.append((re.compile(pattern), replacement))


def redact(text: str) -> str:
    """Replace registered secrets."""
    for pattern, replacement in _secrets:
        text = pattern.sub(replacement, text)
    return text


def redact_line(text: str) -> str:
    """Replace registered secrets and email addresses."""
    text = redact(text)
    return WORD.sub(_without_addresses, text) if "@" in text or "%40" in text else text


def _without_addresses(word: re.Match[str]) -> str:
    """Return the word with `[address]` for each address in it, in linear time. One expression would be quadratic."""
    before, *others = AT.split(word[0])
    kept: list[str] = []
    for at, after in zip(others[::2], others[1::2], strict=True):
        end = DOMAIN.match(after).end()  # type: ignore[union-attr]
        kept += ["[address]"] if before and end else [before, at]
        before = after[end:] if before else after
    return "".join([*kept, before])


class JSONFormatter(OrjsonFormatter):
    """Format a record as one line of JSON: time, level, logger, message, request id and extra fields."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )

    def format(self, record: logging.LogRecord) -> str:
        if current_id := request_id.get():
            record.request_id = current_id
        return redact_line(super().format(record))


class PlainFormatter(logging.Formatter):
    """Format a record for a terminal. Control characters are escaped, so that input cannot forge lines or colours."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {message}", datefmt="%H:%M:%S", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return redact_line(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """Indent the traceback, so that a line of an error message cannot pass for a record."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  {_printable(line)}" for line in lines)


class SecurityLogFilter(logging.Filter):
    """Log `django.security.*` as a warning without traceback: the cause is the request, not our code."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


class RedactingReportFilter(SafeExceptionReporterFilter):
    """Hide settings, form values, cookies and local variables in error reports, also in development."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern
        + "|CREDENTIAL|CODE|DATABASE_URL|DATABASES|KEYRING|EMAIL_URL|COOKIE|AUTHORIZATION",
        re.IGNORECASE,
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {} if request is None else dict.fromkeys(request.POST, REDACTED)

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return dict.fromkeys(getattr(request, "COOKIES", {}), REDACTED)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> Any:
        """Hide all of them: any local variable may contain user input."""
        return []


class RedactingReporter(ExceptionReporter):
    """Django's report with the redactions of the log."""

    def get_traceback_html(self) -> SafeString:
        return mark_safe(redact_line(super().get_traceback_html()))  # noqa: S308 - Django has escaped it

    def get_traceback_text(self) -> SafeString:
        return mark_safe(redact_line(super().get_traceback_text()))  # noqa: S308 - plain text


def _printable(text: str) -> str:
    """Escape line breaks and control characters."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
