"""The screen after inviting: the link to copy, to show or to print, and who was mailed."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from config.admin.changelist import status_word
from config.crypto.keyring import DecryptionError
from config.qr import draw_qr
from invitations.models import Delivery, DeliveryStatus, Invitation
from invitations.models.status import Status

TONES = {
    DeliveryStatus.QUEUED: "waiting",
    DeliveryStatus.SENT: "done",
    DeliveryStatus.DELIVERED: "good",
}


class LinkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """For whoever may view the invitation."""

    def link_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The link of an invitation, as long as it leads somewhere."""
        invitation = self._invitation(request, object_id)
        deliveries = list(invitation.deliveries.order_by("email"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Link for {invitation.company}",
            "opts": self.opts,
            "invitation": invitation,
            "url": link_of(invitation) if invitation.status == Status.ACTIVE else None,
            "mailed": [(delivery, delivery_word(delivery)) for delivery in deliveries],
            "waits": any(delivery.status == DeliveryStatus.QUEUED for delivery in deliveries),
            "domains": [email for email in invitation.allowed_emails if email.startswith("*")],
            "may_add": self.has_add_permission(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/invitations/invitation/link.html", context)

    def qr_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The link as a QR code in SVG, black on white whatever the page's colours; only while it leads somewhere."""
        invitation = self._invitation(request, object_id)
        url = link_of(invitation) if invitation.status == Status.ACTIVE else None
        if url is None:
            raise Http404
        return HttpResponse(draw_qr(url, svgclass=None), content_type="image/svg+xml")

    def _invitation(self, request: HttpRequest, object_id: str) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        invitation = self.get_object(request, object_id)
        if invitation is None:
            raise Http404
        return invitation


def delivery_word(delivery: Delivery, *, is_over: bool = False) -> SafeString:
    """What became of a mail, as a word; `is_over`: to an address that is no longer on the invitation."""
    status = DeliveryStatus(delivery.status)
    return status_word(str(status.label), "over" if is_over else TONES.get(status, "bad"))


def link_of(invitation: Invitation) -> str | None:
    """None: the key with which it was encrypted is gone."""
    try:
        return invitation.url
    except DecryptionError:
        return None
