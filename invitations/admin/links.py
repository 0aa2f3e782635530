"""The page with the link of an invitation: to copy, to print, and as a QR code."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from config.qr import draw_qr
from invitations.admin.link_log import log_link_shown
from invitations.admin.mails import MailState, mail_state, mail_word
from invitations.admin.pages import AdminPage
from invitations.models import Invitation, public_url
from invitations.models.status import Status
from invitations.models.tokens import readable_token


class LinkPage(AdminPage):
    """Base for users who may view the invitation. The link is shown only while it works."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.model_admin.has_view_permission(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def show_link(self, invitation: Invitation) -> str | None:
        return shown_link(self.request, invitation) if invitation.status == Status.ACTIVE else None


class LinkView(LinkPage):
    def get(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        invitation = self.get_invitation(object_id)
        deliveries = list(invitation.deliveries.order_by("email"))
        return self.render(
            "link.html",
            title=_("Link for %(name)s") % {"name": self.model_admin.title_of(invitation)},
            invitation=invitation,
            url=self.show_link(invitation),
            mailed=[(delivery, mail_word(delivery)) for delivery in deliveries],
            is_queued=any(mail_state(delivery) == MailState.WAITING for delivery in deliveries),
            domains=[email for email in invitation.allowed_emails if email.startswith("*")],
            mail_url=self._mail_url(invitation) if not deliveries else None,
            may_add=self.model_admin.has_add_permission(request),
        )

    def _mail_url(self, invitation: Invitation) -> str | None:
        """URL of the page that mails the invitation, if the user may and it has an address."""
        is_mailable = invitation.status == Status.ACTIVE and invitation.mailable_emails
        may_mail = self.request.user.has_perm("invitations.change_invitation")
        if not (is_mailable and may_mail):
            return None
        return reverse("admin:invitations_invitation_resend", args=[invitation.pk])


class QRCodeView(LinkPage):
    """The link as SVG, black on white in any colour scheme."""

    def get(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        url = self.show_link(self.get_invitation(object_id))
        if url is None:
            raise Http404
        return HttpResponse(draw_qr(url, svgclass=None), content_type="image/svg+xml")


def shown_link(request: HttpRequest, invitation: Invitation) -> str | None:
    """Return the link for a page, and log that the user sees it while it works."""
    url = link_of(invitation)
    if url and invitation.status == Status.ACTIVE:
        log_link_shown(request, invitation)
    return url


def link_of(invitation: Invitation) -> str | None:
    """None if the key that encrypted the token is lost."""
    token = readable_token(bytes(invitation.encrypted_token), owner_id=invitation.pk)
    return token and public_url(token)
