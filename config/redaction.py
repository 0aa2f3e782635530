"""Nothing secret leaves by a log line or an error report.

Tokens in paths, API keys and whatever stands under a telling name are replaced where text leaves the
process, so that no caller has to remember it. So are email addresses: they are no secrets, and belong to people
who did not ask to stand in a log. What staff and partners read of a delivery may name the address it went to.
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
ADDRESS = "[address]"
PATTERNS = (
    # the token in /p/i/{token}, also percent-encoded or quoted inside a message
    (re.compile(r"(/p/i/|%2Fp%2Fi%2F)[A-Za-z0-9_\-.~%]+", re.IGNORECASE), rf"\1{REDACTED}"),
    # a token by itself, such as one that was typed into a search; in 43 random letters there is one of these
    (re.compile(r"(?<![A-Za-z0-9_\-])(?=[a-z_\-]*[A-Z0-9])[A-Za-z0-9_\-]{43}(?![A-Za-z0-9_\-])"), REDACTED),
    (re.compile(r"\blk_[A-Za-z0-9]{4,}_[A-Za-z0-9_\-]+"), f"lk_{REDACTED}"),
)
# of bounded length: a long word without an address costs no more than its length
ADDRESSES = re.compile(r"""[^\s@"'<>()\[\],:;=\\]{1,254}(?:@|%40)[^\s@"'<>()\[\],:;\\/?&]+""", re.IGNORECASE)


def redact(text: str) -> str:
    """`text` without anything that opens a door."""
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_line(text: str) -> str:
    """`text` without anything that opens a door or names a person's mailbox."""
    text = redact(text)
    return ADDRESSES.sub(ADDRESS, text) if "@" in text or "%40" in text else text


class JSONFormatter(OrjsonFormatter):
    """One JSON object a line: time, level, logger, message, request id and what the call added."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )

    def format(self, record: logging.LogRecord) -> str:
        _identify(record)
        return redact_line(super().format(record))


class PlainFormatter(logging.Formatter):
    """The same for eyes, in development. No text of a stranger's passes for a line of ours or steers the terminal."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {message}", datefmt="%H:%M:%S", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return redact_line(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """Indented: where an error's own words have several lines, none of them stands where ours begin."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  {_printable(line)}" for line in lines)


class StrangersFilter(logging.Filter):
    """Makes one line of warning of what Django takes for an attack (`django.security.*`).

    It is a stranger's doing: where in our code it was refused helps nobody, and no error of ours is among it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


class RedactedFilter(SafeExceptionReporterFilter):
    """Hides settings, form values, cookies and local variables in every report, in development too."""

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
        """No cookie's value: receipts and proofs of address are cookies too."""
        return dict.fromkeys(getattr(request, "COOKIES", {}), REDACTED)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> Any:
        """No local variables: any of them may hold what somebody typed."""
        return []


class RedactedReporter(ExceptionReporter):
    """Django's report with the same replacements as the log."""

    def get_traceback_html(self) -> SafeString:
        return mark_safe(redact_line(super().get_traceback_html()))  # noqa: S308 - Django has escaped it

    def get_traceback_text(self) -> SafeString:
        return mark_safe(redact_line(super().get_traceback_text()))  # noqa: S308 - plain text


def _printable(text: str) -> str:
    """`text` with everything that is not to be seen written out: line ends and control characters."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _identify(record: logging.LogRecord) -> None:
    if identity := request_id.get():
        record.request_id = identity
