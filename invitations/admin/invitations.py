"""Invitations in the admin. An invitation is created on a page of its own and changed by actions only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views import View

from companies.actors import Actor
from companies.admin import CompanyLimitedAdmin, limit_of
from companies.admin.modes import ModeFilter
from config.admin.changelist import AutocompleteFilter, CreatedFilter
from config.admin.csv_export import ExportingAdmin
from config.admin.revoke import RevokingAdmin
from invitations.admin import changelist
from invitations.admin.actions import ACTIONS
from invitations.admin.actions.revoke import RevokeForm
from invitations.admin.actions.views import ActionView
from invitations.admin.create.views import CreateView, OffersView, PreviewView
from invitations.admin.csv_columns import INVITATION_COLUMNS
from invitations.admin.detail import FIELDSETS, detail_context
from invitations.admin.failed_mails import FailedMailsView
from invitations.admin.filters import AttentionFilter, FunnelFilter, StatusFilter, search_invitations
from invitations.admin.links import LinkView, QRCodeView
from invitations.admin.personal_data import PersonalDataView
from invitations.admin.search import SearchView
from invitations.admin.titles import invitation_title
from invitations.models import Invitation
from invitations.services.invitations import revoke_invitation


@admin.register(Invitation)
class InvitationAdmin(ExportingAdmin, CompanyLimitedAdmin, RevokingAdmin):
    list_display = (
        changelist.invitation,
        changelist.status,
        changelist.uses,
        changelist.expires,
        changelist.last_event,
    )
    list_select_related = ("company", "connection__datasource")
    list_filter = (
        StatusFilter,
        AttentionFilter,
        FunnelFilter,
        ModeFilter,
        "invitation_type",
        ("company", AutocompleteFilter),
        CreatedFilter,
    )
    exported = INVITATION_COLUMNS
    search_fields = ("id",)
    search_help_text = _("Any beginning of an address, external id or company, an invitation’s id, or its link.")
    fieldsets = FIELDSETS
    has_event_log = True
    revoke_form = RevokeForm
    revoke_consequence: Any = _(
        "The link stops working at once. Connected accounts stay connected. This cannot be undone."
    )

    def get_urls(self) -> list[Any]:
        return [
            self._page("search/", SearchView, "search"),
            self._page("personal-data/", PersonalDataView, "personal_data"),
            self._page("failed-mails/", FailedMailsView, "failed_mails"),
            self._page("add/offers/", OffersView, "offers"),
            self._page("add/preview/<str:part>/", PreviewView, "preview"),
            self._page("<uuid:object_id>/link/", LinkView, "link"),
            self._page("<uuid:object_id>/qr.svg", QRCodeView, "qr"),
            *(self._page(f"<path:object_id>/{name}/", ActionView, name, name=name) for name in ACTIONS),
            *super().get_urls(),
        ]

    def _page(self, route: str, view: type[View], url_name: str, **options: Any) -> Any:
        page = view.as_view(model_admin=self, **options)
        return path(route, self.admin_site.admin_view(page), name=f"invitations_invitation_{url_name}")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_status()

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """Never: an invitation has no edit form."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[changelist.InvitationChangeList]:
        return changelist.InvitationChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.has_view_permission(request):
            followed = changelist.follow_pasted_link(request, self)
            if followed:
                return followed
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return search_invitations(queryset, search_term, limit_of(request)), False

    def title_of(self, obj: Invitation) -> str:
        return invitation_title(obj)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        return CreateView.as_view(model_admin=self)(request)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context |= detail_context(self, request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def revoke(self, request: HttpRequest, obj: Invitation, **how: Any) -> None:
        revoke_invitation(obj, by=Actor.staff(request.user), reason=how["reason"] or None)  # type: ignore[arg-type]
