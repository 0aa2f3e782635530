"""The buttons of an invitation: each asks on a page of its own, then calls the same service as the API."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode

from companies.actors import Actor
from config.admin.revoke import RevokingAdmin
from connections.models import Connection
from invitations.admin.actions import CHANGES
from invitations.admin.actions.revoke import RevokeForm
from invitations.models import Invitation, InvitationType
from invitations.models.status import Status
from invitations.services.invitations import revoke_invitation

LABELS = {
    "correct": "Correct an address",
    "resend": "Mail it again",
    "extend": "Extend",
    "limits": "Change limits",
    "rotate": "Replace the link",
    "revoke": "Revoke",
    "new": "Make a new one",
    "repair": "Invite to repair",
}


class Button(NamedTuple):
    """A way on from the page of one."""

    name: str
    label: str
    address: str


class ChangingAdmin(RevokingAdmin):
    """Whoever may change invitations has the buttons; what the invitation says is otherwise only read."""

    revoke_form = RevokeForm
    revoke_consequence = (
        "The link leads nowhere from now on, and whoever opens it is told so. Accounts that were connected stay. "
        "This cannot be undone."
    )

    def revoke(self, request: HttpRequest, obj: Invitation, **how: Any) -> None:
        revoke_invitation(obj, by=Actor.staff(request.user), reason=how["reason"] or None)  # type: ignore[arg-type]

    def has_changing_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("invitations.change_invitation")

    def get_urls(self) -> list[Any]:
        return [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(self.changing_view),
                {"name": name},
                name=f"invitations_invitation_{name}",
            )
            for name in CHANGES
        ] + super().get_urls()

    def changing_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """GET asks, POST changes; what the service refuses is said on the page, with all that was typed."""
        if not self.has_changing_permission(request):
            raise PermissionDenied
        invitation = self.get_object(request, unquote(object_id))
        if invitation is None:
            raise Http404
        posted = request.POST if request.method == "POST" else None
        form = CHANGES[name](posted, instance=invitation, initial={"position": request.GET.get("address")})
        if not form.submit(by=request.user):
            return self._ask_to_change(request, invitation, form, name)
        if not form.did_nothing:
            self.log_change(request, invitation, form.logged)
        self.message_user(request, form.done, messages.INFO if form.did_nothing else messages.SUCCESS)
        return redirect("admin:invitations_invitation_change", invitation.pk)

    def _ask_to_change(self, request: HttpRequest, invitation: Invitation, form: Any, name: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": form.title,
            "opts": self.opts,
            "original": invitation,
            "form": form,
            "label": LABELS[name],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/invitations/invitation/changing.html", context)

    def buttons(self, request: HttpRequest, invitation: Invitation) -> Iterator[Button]:
        """Those that do something in the state it is in, as far as the user may press them."""
        if invitation.revoked_at or not self.has_changing_permission(request):
            return
        status = invitation.status
        if status == Status.ACTIVE and invitation.mailable_emails:
            yield _button("resend", invitation)
            yield _button("correct", invitation)
        if status in {Status.ACTIVE, Status.EXPIRED}:
            yield _button("extend", invitation)
        yield _button("limits", invitation)
        yield _button("rotate", invitation)
        yield _button("revoke", invitation)

    def making_buttons(
        self, request: HttpRequest, invitation: Invitation, broken: Connection | None
    ) -> Iterator[Button]:
        """Those that make another invitation: in its place, or to repair a connection of it."""
        if not self.has_add_permission(request):
            return
        address, company = reverse("admin:invitations_invitation_add"), {"company": str(invitation.company_id)}
        if invitation.revoked_at:
            yield Button("new", LABELS["new"], f"{address}?{urlencode({'like': str(invitation.pk)})}")
        if broken:
            repair = {"invitation_type": InvitationType.EDIT_CONNECTION.value, "connection": str(broken.pk)}
            yield Button("repair", LABELS["repair"], f"{address}?{urlencode(company | repair)}")


def _button(name: str, invitation: Invitation) -> Button:
    return Button(name, LABELS[name], reverse(f"admin:invitations_invitation_{name}", args=[invitation.pk]))
