"""Checks that ask other machines: the mail server, PUBLIC_URL from outside, and DNS."""

import smtplib
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from shutil import disk_usage
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import dns.exception
import dns.resolver
import orjson
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends import filebased, smtp

from config.operations.finding import Finding

SECONDS = 5
LEAST_BYTES = 100 * 1024 * 1024
# names that no DNS server of the internet knows (RFC 2606, RFC 6761)
LOCAL_DOMAINS = ("localhost", "example", "invalid", "test", "local", "lan")


def check_mail_server() -> Iterator[Finding]:
    """Connect and log in, without a mail. Mails that go to a folder need room there."""
    backend: Any = get_connection()
    if isinstance(backend, smtp.EmailBackend):
        backend.timeout = SECONDS
        try:
            backend.open()
            backend.close()
        except (OSError, smtplib.SMTPException) as error:
            yield Finding(
                "Mail",
                f"The mail server {backend.host}:{backend.port} refuses us: {_reason(error)}.",
                "Correct EMAIL_URL, or ask who runs the server. Mails wait, and leave when it answers.",
            )
    elif isinstance(backend, filebased.EmailBackend):
        yield from _check_folder(Path(backend.file_path))


def _check_folder(folder: Path) -> Iterator[Finding]:
    yield Finding("Mail", f"Mails become files in {folder} and reach no one.", "Set EMAIL_URL.", is_grave=False)
    room = disk_usage(folder).free
    if room < LEAST_BYTES:
        sentence = f"The disk of {folder} has {room // 1024**2} MiB left."
        yield Finding("Mail", sentence, "Delete old mails, or choose another folder in EMAIL_URL.")


def _reason(error: Exception) -> str:
    """Return the reason without the server's text, which may repeat the user name."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answers {error.smtp_code}"
    return getattr(error, "strerror", None) or type(error).__name__


def check_public_url() -> Iterator[Finding]:
    """Ask PUBLIC_URL for its liveness, as a visitor's browser would."""
    request = Request(f"{settings.PUBLIC_URL}/healthz")  # noqa: S310 - the scheme is checked by the settings
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as response:
            is_ours = orjson.loads(response.read(1024)) == {"status": "alive"}
            problem = None if is_ours else "another program answers"
    except HTTPError as error:
        problem = f"the answer is {error.code}"
    except (URLError, OSError, orjson.JSONDecodeError) as error:
        reason = getattr(error, "reason", error)
        problem = "another program answers" if isinstance(error, ValueError) else f"no answer ({reason})"
    if problem:
        yield Finding(
            "PUBLIC_URL",
            f"{settings.PUBLIC_URL}/healthz does not lead to this installation: {problem}.",
            "Links in mails begin with it. Start the web server and its proxy, or correct PUBLIC_URL or DNS.",
        )


def check_sender_domain() -> Iterator[Finding]:
    """Look for SPF (RFC 7208) and DMARC (RFC 7489) of the domain of EMAIL_FROM."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    if domain.rpartition(".")[2] in LOCAL_DOMAINS:
        return
    for name, mark, record in ((domain, "v=spf1", "SPF"), (f"_dmarc.{domain}", "v=DMARC1", "DMARC")):
        texts = _text_records(name)
        if texts is not None and not any(text.startswith(mark) for text in texts):
            yield Finding(
                "Mail",
                f"{domain}, the domain of EMAIL_FROM, has no {record} record.",
                "Large receivers refuse such mails: docs/operations/mail.md.",
            )


def _text_records(name: str) -> list[str] | None:
    """Return the TXT records of a name. None if DNS does not answer."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        return None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


CHECKS = (check_mail_server, check_public_url, check_sender_domain)
