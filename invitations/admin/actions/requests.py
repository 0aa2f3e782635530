"""Approve or refuse requests for a new link."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.models import User
from config.admin.times import format_datetime
from invitations.admin.actions.base import ActionForm
from invitations.models import Invitation
from invitations.services.link_requests.decide import approve_link_request, refuse_link_request


class ApproveForm(ActionForm):
    title = _("Approve the request for a new link?")
    button = _("Approve")
    logged = "Request for a new link approved."

    def perform(self, *, by: User) -> Invitation:
        invitation = approve_link_request(self.instance, by=Actor.staff(by))
        expires_at = format_datetime(invitation.expires_at, default="")
        self.done = gettext("Approved. The link works again until %(time)s.") % {"time": expires_at}
        if not expires_at:
            self.done = gettext("Approved. The invitation is being mailed again.")
        return invitation


class RefuseForm(ActionForm):
    title = _("Refuse the request for a new link?")
    button = _("Refuse")
    logged = "Request for a new link refused."

    def perform(self, *, by: User) -> Invitation:
        invitation = refuse_link_request(self.instance, by=Actor.staff(by))
        self.done = gettext("Refused. The contributor sees that on the page of the link.")
        return invitation
