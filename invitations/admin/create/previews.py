"""Previews of mail and page, from the real templates, without storing an invitation. The links do not work."""

import re
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin

from companies.emails import html_with_pictures
from config.exceptions import DomainError
from config.languages import speaking
from invitations.admin.create.form import CreateInvitationForm
from invitations.emails import PREVIEW_TOKEN, preview_mail
from invitations.first_page import first_page_context
from invitations.models import Invitation

FOLDER = "admin/invitations/invitation"
PARTS = ("mail", "text", "page")
SCRIPT = re.compile(r"<script [^>]*></script>")
FRAMED = {"frame-ancestors": ["'self'"]}
# mails carry their styles and pictures inline
STYLED = FRAMED | {"style-src": ["'unsafe-inline'"], "img-src": ["data:"]}


def render_preview(request: HttpRequest, form: CreateInvitationForm, part: str) -> HttpResponse:
    """Show the `mail`, its `text` or the first `page` of the contributor; for an invalid form, its errors."""
    if form.is_valid():
        try:
            preview = _render(request, form.draft(), part)
        except DomainError as error:
            form.add_service_error(error)
        else:
            return _framed(request, preview, STYLED if part == "mail" else FRAMED)
    errors = TemplateResponse(request, f"{FOLDER}/preview_errors.html", {"form": form}, status=400)
    return _framed(request, errors, FRAMED)


def _framed(request: HttpRequest, response: HttpResponse, policy: dict[str, Any]) -> HttpResponse:
    """Allow our own pages to frame the response."""
    frame: Any = csp_replace(policy)(xframe_options_sameorigin(lambda request: response))
    return frame(request)  # type: ignore[no-any-return]


def _render(request: HttpRequest, invitation: Invitation, part: str) -> HttpResponse:
    if part == "page":
        context = first_page_context(invitation, PREVIEW_TOKEN)
        with speaking(invitation.locale):
            page = render_to_string("invitations/invitation.html", context, request)
        # its sandbox runs no scripts, and the browser reports those that it may not load
        return HttpResponse(_open_links_outside(SCRIPT.sub("", page)))
    mail = preview_mail(invitation)
    if part == "text":
        return TemplateResponse(request, f"{FOLDER}/preview_text.html", {"mail": mail})
    return HttpResponse(_open_links_outside(html_with_pictures(mail)))


def _open_links_outside(html: str) -> str:
    """Make links open a new window, which the sandbox of the frame forbids: a click leaves the preview in place."""
    return html.replace("<head>", '<head>\n  <base target="_blank">', 1)
