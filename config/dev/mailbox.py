"""Pages that show the mails of a development machine, which are files in `.data/mail/`."""

import base64
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from csp.decorators import csp, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin

MAX_SHOWN = 100
NAME = re.compile(r"[0-9A-Za-z-]{1,100}\.log")
# written by Django's file backend after each mail
SEPARATOR = b"-" * 79 + b"\n"


def mailbox(request: HttpRequest) -> HttpResponse:
    files = sorted(Path(settings.MAIL_DIR).glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails = [(file.name, _read(file)) for file in files[:MAX_SHOWN]]
    context = {"mails": mails, "folder": settings.MAIL_DIR, "goes_here": _is_destination()}
    return render(request, "mailbox/list.html", context)


@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
def mail(request: HttpRequest, name: str) -> HttpResponse:
    message = _find(name)
    text = message.get_body(("plain",))
    # in a template, `message.items` would look up a header
    context = {"name": name, "subject": message["Subject"], "headers": message.items()}
    return render(request, "mailbox/mail.html", context | {"text": text.get_content() if text else ""})


@xframe_options_sameorigin
@csp({"default-src": ["'none'"], "img-src": ["data:"], "style-src": ["'unsafe-inline'"], "frame-ancestors": ["'self'"]})  # type: ignore[arg-type]
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """Show the HTML part with attached images, and without those of servers. Links open in a new tab."""
    message = _find(name)
    part = message.get_body(("html",))
    if part is None:
        raise Http404
    html = part.get_content().replace("<head>", '<head><base target="_blank">', 1)
    for image in message.walk():
        if image.get_content_maintype() == "image" and image["Content-ID"]:
            data = base64.b64encode(image.get_content()).decode()
            html = html.replace(f"cid:{image['Content-ID'][1:-1]}", f"data:{image.get_content_type()};base64,{data}")
    return HttpResponse(html)


def _is_destination() -> bool:
    """True if mails are written to this folder, not sent by `EMAIL_URL` or a mail provider."""
    are_files = settings.EMAIL_BACKEND == "config.mail.files.FileTransport"
    return are_files and getattr(settings, "EMAIL_FILE_PATH", None) == str(settings.MAIL_DIR)


def _find(name: str) -> EmailMessage:
    file = Path(settings.MAIL_DIR) / name
    if not NAME.fullmatch(name) or not file.is_file():
        raise Http404
    return _read(file)


def _read(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes().removesuffix(SEPARATOR), policy=policy.default)
