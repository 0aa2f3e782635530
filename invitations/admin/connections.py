"""Connections in the admin, with links to their invitation and to a new one that repairs them."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections.admin import ConnectionAdmin
from connections.models import Connection
from invitations.models import InvitationType

admin.site.unregister(Connection)


@admin.register(Connection)
class InvitedConnectionAdmin(ConnectionAdmin):
    def related_lists(self, request: HttpRequest, obj: Model) -> Iterator[tuple[str, str]]:
        may_invite = request.user.has_perm("invitations.add_invitation")
        if may_invite and isinstance(obj, Connection) and obj.needs_credentials:
            query = {
                "company": obj.company_id,
                "invitation_type": InvitationType.EDIT_CONNECTION,
                "connection": obj.pk,
            }
            yield gettext("Invite to repair"), f"{reverse('admin:invitations_invitation_add')}?{urlencode(query)}"
        yield from super().related_lists(request, obj)

    @admin.display(description=_("created by"))
    def origin(self, connection: Connection) -> str | SafeString:
        if not connection.origin_invitation_id:
            return super().origin(connection)
        url = reverse("admin:invitations_invitation_change", args=[connection.origin_invitation_id])
        return format_html('<a href="{}">{}</a>', url, gettext("An invitation"))
