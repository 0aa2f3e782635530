"""Base of the admin pages that are not Django's own."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views import View

from companies.models import User
from invitations.models import Invitation


class AdminPage(View):
    """A page that a model admin registers in `get_urls`, with `as_view(model_admin=self)`.

    The model admin decides which invitations the user may reach; others give 404.
    """

    model_admin: Any = None

    @property
    def user(self) -> User:
        user: Any = self.request.user
        return user  # type: ignore[no-any-return]

    def get_invitation(self, object_id: Any) -> Invitation:
        invitation: Invitation | None = self.model_admin.get_object(self.request, unquote(str(object_id)))
        if invitation is None:
            raise Http404
        return invitation

    def render(self, template: str, **context: Any) -> HttpResponse:
        request: HttpRequest = self.request
        site = self.model_admin.admin_site
        request.current_app = site.name
        context = {**site.each_context(request), "opts": self.model_admin.opts, **context}
        return TemplateResponse(request, f"admin/invitations/invitation/{template}", context)
