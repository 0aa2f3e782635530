"""How the mail and the page will look: made of the real templates, stored nowhere, and their links lead nowhere."""

from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin

from config.exceptions import DomainError
from invitations.admin.create.form import InvitingForm
from invitations.emails import PREVIEW_TOKEN, preview_mail
from invitations.models import Invitation

FOLDER = "admin/invitations/invitation"
PARTS = ("mail", "text", "page")
FRAMED = {"frame-ancestors": ["'self'"]}
# mails carry their styles inline
STYLED = FRAMED | {"style-src": ["'unsafe-inline'"]}


def preview(request: HttpRequest, form: InvitingForm, part: str) -> HttpResponse:
    """`mail`, its `text`, or the contributor's first `page`; if the form does not hold, what is wrong with it."""
    if form.is_valid():
        try:
            shown = _shown(request, form.draft(), part)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            return _framed(request, shown, STYLED if part == "mail" else FRAMED)
    refused = TemplateResponse(request, f"{FOLDER}/preview_refused.html", {"form": form}, status=400)
    return _framed(request, refused, FRAMED)


def _framed(request: HttpRequest, response: HttpResponse, policy: dict[str, Any]) -> HttpResponse:
    """Our own pages may frame it."""
    frame: Any = csp_replace(policy)(xframe_options_sameorigin(lambda request: response))
    return frame(request)  # type: ignore[no-any-return]


def _shown(request: HttpRequest, invitation: Invitation, part: str) -> HttpResponse:
    if part == "page":
        context = {"invitation": invitation, "token": PREVIEW_TOKEN}
        return HttpResponse(_without_ways_out(render_to_string("invitations/invitation.html", context, request)))
    mail = preview_mail(invitation)
    if part == "text":
        return TemplateResponse(request, f"{FOLDER}/preview_text.html", {"mail": mail})
    ((html, _),) = mail.alternatives
    return HttpResponse(_without_ways_out(str(html)))


def _without_ways_out(html: str) -> str:
    """Links open a window of their own, which the frame's sandbox forbids: whoever clicks one stays where they are."""
    return html.replace("<head>", '<head>\n  <base target="_blank">', 1)
