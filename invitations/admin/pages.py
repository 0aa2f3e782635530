"""Base of the admin pages that are not Django's own."""

from typing import Any

from django.http import HttpResponse
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
        invitation: Invitation = self.model_admin.get_row_or_404(self.request, str(object_id))
        return invitation

    def render(self, template: str, **context: Any) -> HttpResponse:
        page: HttpResponse = self.model_admin.render_page(
            self.request, f"admin/invitations/invitation/{template}", **context
        )
        return page
