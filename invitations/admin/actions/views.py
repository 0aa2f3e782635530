"""Page of an action: GET asks, POST changes and logs."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from config.http.kept_entries import show_kept_entries
from invitations.admin.actions import ACTIONS
from invitations.admin.actions.base import ActionForm
from invitations.admin.actions.buttons import LABELS, may_change
from invitations.admin.pages import AdminPage
from invitations.models import Invitation


class ActionView(AdminPage):
    """`name`: a key of `ACTIONS`. `?address=` preselects an address by its position."""

    name = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_change(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invitation = self.get_invitation(object_id)
        return self._ask(invitation, self._form(invitation))

    def post(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invitation = self.get_invitation(object_id)
        form = self._form(invitation, request.POST)
        if not form.submit(by=self.user):
            return self._ask(invitation, form)
        if not form.did_nothing:
            self.model_admin.log_change(request, invitation, form.logged)
        messages.add_message(request, messages.INFO if form.did_nothing else messages.SUCCESS, form.done)
        return redirect("admin:invitations_invitation_change", invitation.pk)

    def _form(self, invitation: Invitation, data: Any = None) -> ActionForm:
        initial = {"position": self.request.GET.get("address")}
        return show_kept_entries(ACTIONS[self.name], self.request)(data=data, instance=invitation, initial=initial)

    def _ask(self, invitation: Invitation, form: ActionForm) -> HttpResponse:
        return self.render(
            f"actions/{self.name}.html",
            title=form.title,
            subtitle=None if form.is_irreversible else self.model_admin.title_of(invitation),
            original=invitation,
            form=form,
            button=form.button,
            label=form.button if self.name == "resend" else LABELS[self.name],
        )
