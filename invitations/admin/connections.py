"""Connections in the admin, with links to their invitation and to a new one that repairs them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.admin.times import format_datetime
from config.languages import ENDONYMS
from connections.admin import ConnectionAdmin
from connections.models import Connection
from invitations.emails import render_consent
from invitations.models import InvitationType, Receipt, Use
from invitations.services.consent import find_consent

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

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        *others, record = super().get_fieldsets(request, obj)
        return [
            *others,
            (_("Consent"), {"fields": ("consent_given", "consent_withdrawn", "consent_text", "receipt")}),
            record,
        ]

    @admin.display(description=_("consent given"))
    def consent_given(self, connection: Connection) -> str:
        use = _consent(connection)
        return f"{format_datetime(use.created_at)} {use.email or ''}".strip() if use else "–"

    @admin.display(description=_("consent withdrawn"))
    def consent_withdrawn(self, connection: Connection) -> str:
        use = _consent(connection)
        return format_datetime(use.withdrawn_at) if use and use.withdrawn_at else "–"

    @admin.display(description=_("text that was agreed to"))
    def consent_text(self, connection: Connection) -> str | SafeString:
        """Show the text in the language in which it was agreed to, with the present names."""
        use = _consent(connection)
        if use is None:
            return "–"
        text = render_consent(use.consent_version or "", use.consent_language or "", connection.company)
        language = ENDONYMS.get(use.consent_language or "", use.consent_language)
        return format_html("{} ({}, {})", text, use.consent_version, language)

    @admin.display(description=_("receipt"))
    def receipt(self, connection: Connection) -> str:
        found: Receipt | None = getattr(_consent(connection), "receipt", None)
        if found is None or (found.sent_at is None and found.fault is None):
            return "–"
        if found.sent_at:
            return gettext("Sent %(moment)s") % {"moment": format_datetime(found.sent_at)}
        return gettext("Not sent: %(fault)s") % {"fault": found.get_fault_display()}

    @admin.display(description=_("created by"))
    def origin(self, connection: Connection) -> str | SafeString:
        if not connection.origin_invitation_id:
            return super().origin(connection)
        url = reverse("admin:invitations_invitation_change", args=[connection.origin_invitation_id])
        return format_html('<a href="{}">{}</a>', url, gettext("An invitation"))


def _consent(connection: Connection) -> Use | None:
    """Return the latest consent to a connection, which is read once."""
    if not hasattr(connection, "latest_consent"):
        connection.latest_consent = find_consent(connection.pk)  # type: ignore[attr-defined]
    found: Use | None = connection.latest_consent  # type: ignore[attr-defined]
    return found
